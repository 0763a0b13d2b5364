import com.alibaba.fastjson.JSON;
import java.io.PrintStream;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * Consumes with the official push consumer from the first offset, prints each message as a line of JSON, and shuts
 * down cleanly once it has had the expected number of different messages and nothing more for the quiet time.
 * Arguments: name servers, group, topic, expression, expected count, quiet time in ms. A line on standard input ends it too.
 */
public class Consume {
    private static volatile long lastMs = System.currentTimeMillis();

    public static void main(String[] args) throws Exception {
        int expected = Integer.parseInt(args[4]);
        long quietMs = Long.parseLong(args[5]);
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        Set<String> seen = ConcurrentHashMap.newKeySet();
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(args[1]);
        consumer.setNamesrvAddr(args[0]);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(args[2], args[3]);
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt message : messages) {
                synchronized (out) {
                    out.println(JSON.toJSONString(describe(message)));
                }
                seen.add(message.getStoreHost() + "@" + message.getCommitLogOffset());
                lastMs = System.currentTimeMillis();
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        out.println("Consumer started");
        while (System.in.available() == 0) {
            Thread.sleep(20);
            if (seen.size() >= expected && System.currentTimeMillis() - lastMs >= quietMs) break;
        }
        consumer.shutdown();
        Thread.sleep(1000); // the offsets go out one-way, and the client does not wait for them
        System.exit(0);
    }

    private static Map<String, Object> describe(MessageExt message) {
        Map<String, Object> line = new TreeMap<>();
        line.put("topic", message.getTopic());
        line.put("tags", message.getTags());
        line.put("keys", message.getKeys());
        line.put("flag", message.getFlag());
        line.put("msgId", message.getMsgId());
        line.put("queueId", message.getQueueId());
        line.put("queueOffset", message.getQueueOffset());
        line.put("reconsumeTimes", message.getReconsumeTimes());
        line.put("properties", message.getProperties());
        line.put("body", Base64.getEncoder().encodeToString(message.getBody()));
        return line;
    }
}
