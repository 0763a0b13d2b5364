import com.alibaba.fastjson.JSON;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.apache.rocketmq.common.message.MessageExt;

/** What the drivers print: one line of JSON per event, on standard output; the tests read these lines. */
final class Output {
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    private Output() {}

    /** `pairs` are names and values in turn. */
    static void event(String event, Object... pairs) {
        Map<String, Object> line = new TreeMap<>();
        line.put("event", event);
        line.put("atMs", System.currentTimeMillis());
        for (int i = 0; i < pairs.length; i += 2) line.put((String) pairs[i], pairs[i + 1]);
        synchronized (OUT) {
            OUT.println(JSON.toJSONString(line));
        }
    }

    /** A message that some member was given. */
    static void message(String event, String member, MessageExt message) {
        event(event, "member", member, "body", new String(message.getBody(), StandardCharsets.UTF_8),
            "topic", message.getTopic(), "queueId", message.getQueueId(), "queueOffset", message.getQueueOffset(),
            "reconsumeTimes", message.getReconsumeTimes(), "msgId", message.getMsgId(),
            "storeTimestamp", message.getStoreTimestamp(), "properties", message.getProperties());
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
