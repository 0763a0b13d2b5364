import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;

/**
 * An official producer, or consumer, with trace: name server, topic, "produce" or "consume". Not both in one process: their
 * dispatchers would have the same client.
 */
final class Traced {
    private static final int MESSAGES = 4;

    private Traced() {}

    public static void main(String[] args) throws Exception {
        if (args[2].equals("produce")) produce(args[0], args[1]);
        else consume(args[0], args[1]);
        // What waits at a shutdown is lost: whoever reads the traces says when they are there.
        System.in.read();
        System.exit(0);
    }

    private static void produce(String namesrvAddr, String topic) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("PG_JAVA_TRACED", true);
        producer.setNamesrvAddr(namesrvAddr);
        producer.setSendMsgTimeout(60000);
        producer.start();
        Output.event("sent", "msgId", producer.send(new Message(topic, "TagA", "key", Output.bytes("0"))).getMsgId());
        Output.event("sent", "msgId", producer.send(new Message(topic, Output.bytes("1"))).getMsgId());
        Message[] batch = {new Message(topic, Output.bytes("2")), new Message(topic, Output.bytes("3"))};
        Output.event("sent", "msgId", producer.send(Arrays.asList(batch)).getMsgId());
    }

    private static void consume(String namesrvAddr, String topic) throws Exception {
        CountDownLatch missing = new CountDownLatch(MESSAGES);
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer("CG_JAVA_TRACED", true);
        consumer.setNamesrvAddr(namesrvAddr);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            Output.message("consumed", "it", messages.get(0));
            missing.countDown();
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        missing.await(200, TimeUnit.SECONDS);
    }
}
