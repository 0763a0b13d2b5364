import java.text.SimpleDateFormat;
import java.util.Date;
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
    private static final AtomicInteger atFirst = new AtomicInteger();

    public static void main(String[] args) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("PG_POSITIONS");
        producer.setNamesrvAddr(args[0]);
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
        Thread.sleep(3000);
        Output.event("started");
        send(producer, "new");
        Thread.sleep(1500);

        // One member of the broadcasting group is away for a while: it goes on where it was.
        two.shutdown();
        Thread.sleep(500);
        send(producer, "away");
        two = broadcasting(args[0], "two");
        Thread.sleep(2500);

        DefaultMQAdminExt admin = new DefaultMQAdminExt();
        admin.setNamesrvAddr(args[0]);
        admin.start();
        Output.event("reset", "queues", admin.resetOffsetByTimestamp(TOPIC, "FIRST", middleMs, true).size());
        // The client waits for ten seconds before it takes the new offsets.
        int before = atFirst.get();
        for (int i = 0; i < 250 && atFirst.get() < before + 3 * COUNT; i++) Thread.sleep(100);
        Thread.sleep(300);
        Output.event("end");
        System.exit(0);
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
            if (name.equals("first")) atFirst.addAndGet(messages.size());
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        return consumer;
    }
}
