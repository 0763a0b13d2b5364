import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;

/**
 * The users' ordered sample: autoCommit off, and SUCCESS as the only answer. Says how far it came when nothing came for 2.5 s, or for 20 s as long as
 * it has not come to where it should stand still. Arguments: name servers, topic, how far it should come.
 */
public class OrderlyWithoutCommit {
    public static void main(String[] args) throws Exception {
        AtomicInteger consumed = new AtomicInteger();
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer("CG_JAVA_STALLED");
        consumer.setNamesrvAddr(args[0]);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(args[1], "*");
        consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
            context.setAutoCommit(false);
            consumed.addAndGet(messages.size());
            return ConsumeOrderlyStatus.SUCCESS;
        });
        consumer.start();
        int before = 0;
        int expected = Integer.parseInt(args[2]);
        for (int quiet = 0; quiet < (before < expected ? 200 : 25); quiet++) {
            Thread.sleep(100);
            if (consumed.get() != before || before == 0) quiet = 0;
            before = consumed.get();
        }
        Output.event("stalled", "consumed", before);
        System.exit(0);
    }
}
