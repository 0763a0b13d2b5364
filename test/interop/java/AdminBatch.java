import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.regex.Pattern;
import org.apache.rocketmq.tools.command.MQAdminStartup;

/**
 * Runs many mqadmin commands in one virtual machine. The argument names a file: one command a line, its words separated
 * by tabs. Before the output of each command comes a line "@@@ number".
 *
 * A command whose request could not be sent is run again: the client of 4.4.0 now and then closes a connection that it
 * has just made, when two of its threads connect to the name server at once.
 */
public class AdminBatch {
    private static final int ATTEMPTS = 20;
    /** What these have changed, name servers know a moment later. */
    private static final Pattern CHANGES = Pattern.compile("^(update|delete|reset|clone|wipe|clean)");
    private static final PrintStream OUT = System.out;
    private static final PrintStream ERR = System.err;

    private static class Commands extends MQAdminStartup {
        /** Commands keep what they were given in the objects of this list. */
        static void forget() {
            subCommandList.clear();
        }
    }

    public static void main(String[] args) throws Exception {
        int index = 0;
        for (String line : Files.readAllLines(Paths.get(args[0]), StandardCharsets.UTF_8)) {
            OUT.printf("%n@@@ %d%n", index);
            ERR.printf("%n@@@ %d%n", index++);
            for (int attempt = 1; ; attempt++) {
                ByteArrayOutputStream output = new ByteArrayOutputStream();
                ByteArrayOutputStream errors = new ByteArrayOutputStream();
                System.setOut(new PrintStream(output, true, "UTF-8"));
                System.setErr(new PrintStream(errors, true, "UTF-8"));
                Commands.forget();
                MQAdminStartup.main0(line.split("\t"), null);
                boolean again = errors.toString("UTF-8").contains("RemotingSendRequestException");
                if (again && attempt < ATTEMPTS) continue;
                OUT.print(output.toString("UTF-8"));
                ERR.print(errors.toString("UTF-8"));
                break;
            }
            if (CHANGES.matcher(line).find() && !line.contains("-h")) {
                Thread.sleep(250);
            }
        }
        OUT.flush();
        System.exit(0);
    }
}
