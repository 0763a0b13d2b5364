import java.text.SimpleDateFormat;
import java.util.Date;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.protocol.heartbeat.MessageModel;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/**
 * Where consumers start: from the first, the last and a time; broadcasting, with offsets of their own, also after their restart;
 * and where they go on after an administrator has reset the offset of their group while they are online. Messages are old-N,
 * then (2 s later) mid-N, then new-N. Prints what each member gets. Arguments: name servers.
 */
public class Positions {
    private static final String TOPIC = "Positions";
    private static final int COUNT = 12;
    /** Messages that each member has consumed. */
    private static final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();

    public static void main(String[] args) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("PG_POSITIONS");
        producer.setNamesrvAddr(args[0]);
        producer.setSendMsgTimeout(60000);
        producer.start();
        send(producer, "old");
        Thread.sleep(2100);
        long middleMs = System.currentTimeMillis() / 1000 * 1000;
        send(producer, "mid");

        DefaultMQPushConsumer first = consumer(args[0], "FIRST", "first");
        first.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        first.start();
        DefaultMQPushConsumer last = consumer(args[0], "LAST", "last");
        last.start();
        DefaultMQPushConsumer time = consumer(args[0], "TIME", "time");
        time.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_TIMESTAMP);
        time.setConsumeTimestamp(new SimpleDateFormat("yyyyMMddHHmmss").format(new Date(middleMs)));
        time.start();
        DefaultMQPushConsumer one = broadcasting(args[0], "one");
        DefaultMQPushConsumer two = broadcasting(args[0], "two");
        for (String name : new String[] {"first", "last", "time"}) await(name, 2 * COUNT);
        // Broadcasting members start at the end that they find: they must have looked before more is sent.
        for (DefaultMQPushConsumer member : new DefaultMQPushConsumer[] {one, two}) awaitQueues(member);
        Thread.sleep(1500);
        Output.event("started");
        send(producer, "new");
        for (String name : new String[] {"one", "two"}) await(name, COUNT);
        Thread.sleep(1000);

        // One member of the broadcasting group is away for a while: it goes on where it was.
        two.shutdown();
        Thread.sleep(500);
        send(producer, "away");
        two = broadcasting(args[0], "two");
        await("two", 2 * COUNT);
        await("one", 2 * COUNT);
        for (String name : new String[] {"first", "last", "time"}) await(name, 4 * COUNT);
        Thread.sleep(500);

        DefaultMQAdminExt admin = new DefaultMQAdminExt();
        admin.setNamesrvAddr(args[0]);
        admin.start();
        Output.event("reset", "queues", admin.resetOffsetByTimestamp(TOPIC, "FIRST", middleMs, true).size());
        // The client waits for ten seconds before it takes the new offsets.
        await("first", 7 * COUNT);
        Thread.sleep(300);
        Output.event("end");
        System.exit(0);
    }

    /** Until a member has consumed that many, or two minutes. */
    private static void await(String name, int count) throws InterruptedException {
        for (int i = 0; i < 1200 && countOf(name).get() < count; i++) Thread.sleep(100);
    }

    /** Until a member has its four queues, and so has asked where each of them ends, or two minutes. */
    private static void awaitQueues(DefaultMQPushConsumer member) throws InterruptedException {
        for (int i = 0; i < 1200; i++) {
            long queues = member.getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable().keySet().stream()
                .filter(queue -> queue.getTopic().equals(TOPIC)).count();
            if (queues == 4) return;
            Thread.sleep(100);
        }
    }

    private static AtomicInteger countOf(String name) {
        return counts.computeIfAbsent(name, key -> new AtomicInteger());
    }

    private static void send(DefaultMQProducer producer, String name) throws Exception {
        for (int i = 0; i < COUNT; i++) producer.send(new Message(TOPIC, Output.bytes(name + "-" + i)));
    }

    private static DefaultMQPushConsumer broadcasting(String namesrvAddr, String name) throws Exception {
        DefaultMQPushConsumer consumer = consumer(namesrvAddr, "BROADCAST", name);
        consumer.setMessageModel(MessageModel.BROADCASTING);
        consumer.start();
        return consumer;
    }

    private static DefaultMQPushConsumer consumer(String namesrvAddr, String group, String name) throws Exception {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(group);
        consumer.setNamesrvAddr(namesrvAddr);
        consumer.setInstanceName(name);
        consumer.subscribe(TOPIC, "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            messages.forEach(message -> Output.message("consumed", name, message));
            countOf(name).addAndGet(messages.size());
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        return consumer;
    }
}
