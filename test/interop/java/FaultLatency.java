import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.hook.SendMessageContext;
import org.apache.rocketmq.client.hook.SendMessageHook;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;

/**
 * A producer that keeps away from brokers that fail. Each line of standard input is a count of messages to send, one after the
 * other; prints how many of them were stored, by broker, and how many attempts each broker's address has seen. Arguments: name
 * servers, topic.
 */
public class FaultLatency {
    public static void main(String[] args) throws Exception {
        Map<String, AtomicInteger> attempts = new ConcurrentHashMap<>();
        DefaultMQProducer producer = new DefaultMQProducer("PG_FAULTS");
        producer.setNamesrvAddr(args[0]);
        producer.setSendLatencyFaultEnable(true);
        // A slow machine is no fault; a failed attempt counts as 30 s.
        producer.setLatencyMax(new long[] {20000});
        producer.setNotAvailableDuration(new long[] {600000});
        producer.setSendMsgTimeout(20000);
        producer.getDefaultMQProducerImpl().registerSendMessageHook(new SendMessageHook() {
            @Override
            public String hookName() {
                return "attempts";
            }

            @Override
            public void sendMessageBefore(SendMessageContext context) {
                attempts.computeIfAbsent(context.getBrokerAddr(), key -> new AtomicInteger()).incrementAndGet();
            }

            @Override
            public void sendMessageAfter(SendMessageContext context) {}
        });
        producer.setVipChannelEnabled(false);
        producer.start();
        Output.event("started");
        byte[] line = new byte[100];
        int number = 0;
        for (int n = System.in.read(line); n > 0; n = System.in.read(line)) {
            int count = Integer.parseInt(new String(line, 0, n).trim());
            Map<String, Integer> stored = new ConcurrentHashMap<>();
            attempts.clear();
            for (int i = 0; i < count; i++) {
                String brokerName = producer.send(new Message(args[1], Output.bytes("m" + number++))).getMessageQueue().getBrokerName();
                stored.merge(brokerName, 1, Integer::sum);
            }
            Output.event("sent", "stored", stored, "attempts", attempts);
        }
        System.exit(0);
    }
}
