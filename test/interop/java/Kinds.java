import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.QueryResult;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.MessageSelector;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/**
 * Delay levels, batches, SQL92 expressions, look-ups by key and ids, message trace: prints what was sent, what was consumed and
 * what was found. Arguments: name servers, then the delay levels to try.
 */
public class Kinds {
    private static final AtomicInteger consumed = new AtomicInteger();

    public static void main(String[] args) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("PG_KINDS", true);
        producer.setNamesrvAddr(args[0]);
        producer.setSendMsgTimeout(60000);
        producer.start();
        // The topics are there before anybody is subscribed.
        for (String topic : new String[] {"Delayed", "Batches", "Sql"}) producer.send(new Message(topic, Output.bytes("first")));
        DefaultMQPushConsumer delayed = consumer(args[0], "CG_DELAYED");
        delayed.subscribe("Delayed", "*");
        delayed.start();
        DefaultMQPushConsumer batches = consumer(args[0], "CG_BATCHES");
        batches.subscribe("Batches", "TagX || TagY");
        batches.setConsumeMessageBatchMaxSize(16);
        batches.start();
        DefaultMQPushConsumer sql = consumer(args[0], "CG_SQL");
        sql.subscribe("Sql", MessageSelector.bySql("a BETWEEN 1 AND 3 AND name IS NOT NULL AND NOT (name = 'no')"));
        sql.start();
        try {
            DefaultMQPushConsumer broken = consumer(args[0], "CG_BROKEN");
            broken.subscribe("Sql", MessageSelector.bySql("a >> 3"));
            broken.start();
            Output.event("broken", "refused", false);
        } catch (MQClientException error) {
            Output.event("broken", "refused", true, "code", error.getResponseCode(), "message", error.getErrorMessage());
        }
        Thread.sleep(1500);

        for (int i = 1; i < args.length; i++) {
            Message message = new Message("Delayed", Output.bytes("level " + args[i]));
            message.setDelayTimeLevel(Integer.parseInt(args[i]));
            long startMs = System.currentTimeMillis();
            SendResult result = producer.send(message);
            Output.event("delayed", "body", "level " + args[i], "startMs", startMs, "endMs", System.currentTimeMillis(),
                "status", result.getSendStatus().name());
        }
        List<Message> batch = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            Message message = new Message("Batches", i % 3 == 0 ? "TagX" : i % 3 == 1 ? "TagY" : "TagZ", "batch-" + i, Output.bytes("b" + i));
            message.putUserProperty("number", String.valueOf(i));
            batch.add(message);
        }
        SendResult batched = producer.send(batch);
        Output.event("batch", "msgIds", batched.getMsgId(), "offsetMsgIds", batched.getOffsetMsgId(), "queueOffset", batched.getQueueOffset());
        for (int a = 0; a < 6; a++) {
            for (String name : new String[] {null, "no", "yes"}) {
                Message message = new Message("Sql", Output.bytes(a + "/" + name));
                message.putUserProperty("a", String.valueOf(a));
                if (name != null) message.putUserProperty("name", name);
                producer.send(message);
            }
        }

        Message keyed = new Message("Keyed", "TagK", "alpha beta", Output.bytes("keyed"));
        long beforeMs = System.currentTimeMillis() - 1000; // the index knows whole seconds
        SendResult sent = producer.send(keyed);
        producer.send(new Message("Keyed", "TagK", "beta", Output.bytes("other")));
        for (int i = 0; i < 600 && !isIndexed(producer, "Keyed", "beta", 2, beforeMs); i++) Thread.sleep(100);
        long afterMs = System.currentTimeMillis();
        for (String key : new String[] {"alpha", "beta", "gamma"}) found("key " + key, producer, "Keyed", key, beforeMs, afterMs);
        found("too early", producer, "Keyed", "alpha", beforeMs - 100000, beforeMs - 50000);
        Output.message("found", "unique key", producer.viewMessage("Keyed", sent.getMsgId()));
        Output.message("found", "offset id", producer.viewMessage(sent.getOffsetMsgId()));
        Output.event("sent", "msgId", sent.getMsgId(), "offsetMsgId", sent.getOffsetMsgId());
        MessageExt stored = producer.viewMessage(sent.getOffsetMsgId());
        MessageQueue queue = sent.getMessageQueue();
        Output.event("offsets", "queueOffset", sent.getQueueOffset(), "stored", stored.getStoreTimestamp(), "min", producer.minOffset(queue),
            "max", producer.maxOffset(queue), "atStored", producer.searchOffset(queue, stored.getStoreTimestamp()),
            "longBefore", producer.searchOffset(queue, stored.getStoreTimestamp() - 100000), "earliest", producer.earliestMsgStoreTime(queue));

        // The first message and one of each level; tags X and Y; those that the expression chooses.
        int expected = 1 + (args.length - 1) + 20 + 3;
        for (int i = 0; i < 1200 && consumed.get() < expected; i++) Thread.sleep(100);
        Thread.sleep(500); // for what should not be there
        delayed.shutdown();
        batches.shutdown();
        sql.shutdown();
        producer.shutdown();
        Traces.print(args[0], Set.of(sent.getMsgId(), batched.getMsgId()), 2);
        Output.event("end");
        System.exit(0);
    }

    private static void found(String what, DefaultMQProducer producer, String topic, String key, long from, long to) throws Exception {
        try {
            QueryResult result = producer.queryMessage(topic, key, 32, from, to);
            for (MessageExt message : result.getMessageList()) Output.message("found", what, message);
        } catch (MQClientException error) {
            Output.event("not found", "member", what, "code", error.getResponseCode());
        }
    }

    /** The index follows the log. */
    private static boolean isIndexed(DefaultMQProducer producer, String topic, String key, int count, long from) throws Exception {
        try {
            return producer.queryMessage(topic, key, 32, from, Long.MAX_VALUE).getMessageList().size() >= count;
        } catch (MQClientException error) {
            return false;
        }
    }

    private static DefaultMQPushConsumer consumer(String namesrvAddr, String group) throws Exception {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(group);
        consumer.setNamesrvAddr(namesrvAddr);
        consumer.setInstanceName(group);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt message : messages) Output.message("consumed", group, message);
            consumed.addAndGet(messages.size());
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        return consumer;
    }
}
