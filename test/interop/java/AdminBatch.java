import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import org.apache.rocketmq.tools.command.MQAdminStartup;

/**
 * Runs many mqadmin commands in one virtual machine. The argument names a file: one command a line, its words separated
 * by tabs. Before the output of each command comes a line "@@@ number".
 */
public class AdminBatch {
    private static class Commands extends MQAdminStartup {
        /** Commands keep what they were given in the objects of this list. */
        static void forget() {
            subCommandList.clear();
        }
    }

    public static void main(String[] args) throws Exception {
        int index = 0;
        for (String line : Files.readAllLines(Paths.get(args[0]), StandardCharsets.UTF_8)) {
            Commands.forget();
            System.out.printf("%n@@@ %d%n", index);
            System.err.printf("%n@@@ %d%n", index++);
            MQAdminStartup.main0(line.split("\t"), null);
        }
        System.out.flush();
        System.exit(0);
    }
}
