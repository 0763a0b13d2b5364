import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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
 * answers. Prints sends, checks and deliveries. Arguments: name servers, milliseconds to wait, bodies.
 */
public class Transactions {
    public static void main(String[] args) throws Exception {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer("CG_JAVA_TX");
        consumer.setNamesrvAddr(args[0]);
        consumer.setInstanceName("consumer");
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe("JavaTx", "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt message : messages) Output.message("consumed", "consumer", message);
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        Map<String, Integer> checks = new ConcurrentHashMap<>();
        TransactionMQProducer producer = new TransactionMQProducer("PG_JAVA_TX");
        producer.setNamesrvAddr(args[0]);
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
        for (int i = 2; i < args.length; i++) {
            Message message = new Message("JavaTx", "TagT", "key-" + i, Output.bytes(args[i]));
            TransactionSendResult result = producer.sendMessageInTransaction(message, null);
            Output.event("sent", "body", args[i], "status", result.getSendStatus().name(), "msgId", result.getMsgId(),
                "state", result.getLocalTransactionState().name());
        }
        Thread.sleep(Long.parseLong(args[1]));
        Output.event("end");
        System.exit(0);
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
