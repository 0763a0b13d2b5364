import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;

/**
 * Orderly consumption under load while members come and go: A alone, B joins, C joins, A leaves, B leaves. Prints each message
 * when it is begun and when it is done, with the member. Message bodies are `queue/number`. Arguments: name servers, topic.
 */
public class OrderlyMembers {
    private static final int QUEUES = 8;
    private static final AtomicInteger consumed = new AtomicInteger();
    private static final Map<String, AtomicInteger> doneBy = new ConcurrentHashMap<>();

    public static void main(String[] args) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("PG_ORDERLY");
        producer.setNamesrvAddr(args[0]);
        producer.setSendMsgTimeout(60000);
        producer.setDefaultTopicQueueNums(QUEUES);
        producer.start();
        producer.createTopic("TBW102", args[1], QUEUES);
        while (!hasRoute(producer, args[1])) Thread.sleep(100);
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger sent = new AtomicInteger();
        Thread load = new Thread(() -> {
            try {
                for (int number = 0; !stop.get(); number++) {
                    for (int queue = 0; queue < QUEUES; queue++) {
                        Message message = new Message(args[1], Output.bytes(queue + "/" + number));
                        producer.send(message, (queues, one, arg) -> queues.get((Integer) arg), queue);
                        sent.incrementAndGet();
                    }
                    Thread.sleep(10);
                }
            } catch (Exception error) {
                Output.event("failed", "error", error.toString());
            }
        });
        load.start();
        DefaultMQPushConsumer a = member(args, "A");
        await("A", 100);
        DefaultMQPushConsumer b = member(args, "B");
        await("B", 100);
        DefaultMQPushConsumer c = member(args, "C");
        await("C", 100);
        a.shutdown();
        Output.event("left", "member", "A");
        Thread.sleep(1500);
        b.shutdown();
        Output.event("left", "member", "B");
        Thread.sleep(2000);
        stop.set(true);
        load.join();
        for (int i = 0; i < 1200 && consumed.get() < sent.get(); i++) Thread.sleep(100);
        Thread.sleep(300);
        Output.event("end", "sent", sent.get());
        c.shutdown();
        System.exit(0);
    }

    private static boolean hasRoute(DefaultMQProducer producer, String topic) {
        try {
            return producer.fetchPublishMessageQueues(topic).size() == QUEUES;
        } catch (MQClientException error) {
            return false;
        }
    }

    /** Until a member has its share: it has consumed that many, or two minutes are over. */
    private static void await(String member, int count) throws InterruptedException {
        for (int i = 0; i < 1200 && doneBy.getOrDefault(member, new AtomicInteger()).get() < count; i++) Thread.sleep(100);
        Thread.sleep(500);
    }

    private static DefaultMQPushConsumer member(String[] args, String name) throws Exception {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer("CG_ORDERLY");
        consumer.setNamesrvAddr(args[0]);
        consumer.setInstanceName(name);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(args[1], "*");
        consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
            String body = new String(messages.get(0).getBody());
            Output.event("begun", "member", name, "body", body);
            try {
                Thread.sleep(1);
            } catch (InterruptedException error) {
                return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
            }
            Output.event("done", "member", name, "body", body);
            consumed.incrementAndGet();
            doneBy.computeIfAbsent(name, key -> new AtomicInteger()).incrementAndGet();
            return ConsumeOrderlyStatus.SUCCESS;
        });
        consumer.start();
        Output.event("joined", "member", name);
        return consumer;
    }
}
