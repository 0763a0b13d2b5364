import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.rocketmq.filter.expression.EvaluationContext;
import org.apache.rocketmq.filter.expression.Expression;
import org.apache.rocketmq.filter.expression.MQFilterException;
import org.apache.rocketmq.filter.FilterFactory;

/**
 * The official filter's verdicts. Reads one case a line: hex of the UTF-8 expression, then a tab and name=value pairs (hex
 * of each, joined by "=") separated by tabs. Writes true, false, null, compile-error or evaluation-error for each.
 */
public class FilterVerdicts {
    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] parts = line.split("\t", -1);
            final Map<String, Object> properties = new HashMap<String, Object>();
            for (int i = 1; i < parts.length; i++) {
                String[] pair = parts[i].split("=", -1);
                properties.put(text(pair[0]), text(pair[1]));
            }
            out.println(verdict(text(parts[0]), properties));
        }
        out.flush();
    }

    private static String verdict(String expression, final Map<String, Object> properties) {
        Expression compiled;
        try {
            compiled = FilterFactory.INSTANCE.get("SQL92").compile(expression);
        } catch (MQFilterException e) {
            return "compile-error";
        }
        try {
            return String.valueOf(compiled.evaluate(new EvaluationContext() {
                public Object get(String name) {
                    return properties.get(name);
                }

                public Map<String, Object> keyValues() {
                    return properties;
                }
            }));
        } catch (Throwable e) {
            return "evaluation-error";
        }
    }

    private static String text(String hex) {
        byte[] bytes = new byte[hex.length() / 2];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
