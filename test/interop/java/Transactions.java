import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.client.producer.TransactionSendResult;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * Transactions of the official producer: a body says what its local transaction answers, and after a colon what each check
 * answers. Prints sends, checks and deliveries, until all are there and nothing came for a while. Arguments: name servers,
 * milliseconds of that while, bodies.
 */
public class Transactions {
    public static void main(String[] args) throws Exception {
        AtomicInteger consumed = new AtomicInteger();
        Map<String, Integer> checks = new ConcurrentHashMap<>();
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer("CG_JAVA_TX");
        consumer.setNamesrvAddr(args[0]);
        consumer.setInstanceName("consumer");
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe("JavaTx", "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt message : messages) Output.message("consumed", "consumer", message);
            consumed.addAndGet(messages.size());
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        TransactionMQProducer producer = new TransactionMQProducer("PG_JAVA_TX");
        producer.setNamesrvAddr(args[0]);
        producer.setSendMsgTimeout(60000);
        producer.setTransactionListener(new TransactionListener() {
            @Override
            public LocalTransactionState executeLocalTransaction(Message message, Object arg) {
                return state(new String(message.getBody()).split(":")[0]);
            }

            @Override
            public LocalTransactionState checkLocalTransaction(MessageExt message) {
                Output.message("checked", "producer", message);
                String body = new String(message.getBody());
                int times = checks.merge(body, 1, Integer::sum);
                String[] states = body.split(":");
                return state(states[Math.min(times, states.length - 1)]);
            }
        });
        producer.start();
        int committed = 0;
        Map<String, Integer> expectedChecks = new HashMap<>();
        for (int i = 2; i < args.length; i++) {
            String[] states = args[i].split(":");
            if (states[states.length - 1].equals("commit")) committed++;
            if (states.length > 1) expectedChecks.put(args[i], states.length - 1);
            Message message = new Message("JavaTx", "TagT", "key-" + i, Output.bytes(args[i]));
            TransactionSendResult result = producer.sendMessageInTransaction(message, null);
            Output.event("sent", "body", args[i], "status", result.getSendStatus().name(), "msgId", result.getMsgId(),
                "state", result.getLocalTransactionState().name());
        }
        for (int i = 0; i < 2000 && !(consumed.get() >= committed && areDone(checks, expectedChecks)); i++) Thread.sleep(100);
        Thread.sleep(Long.parseLong(args[1]));
        Output.event("end");
        System.exit(0);
    }

    private static boolean areDone(Map<String, Integer> checks, Map<String, Integer> expected) {
        return expected.entrySet().stream().allMatch(entry -> checks.getOrDefault(entry.getKey(), 0) >= entry.getValue());
    }

    private static LocalTransactionState state(String word) {
        switch (word) {
            case "commit": return LocalTransactionState.COMMIT_MESSAGE;
            case "rollback": return LocalTransactionState.ROLLBACK_MESSAGE;
            case "throw": throw new IllegalStateException("no answer");
            default: return LocalTransactionState.UNKNOW;
        }
    }
}
