import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.trace.TraceBean;
import org.apache.rocketmq.client.trace.TraceContext;
import org.apache.rocketmq.client.trace.TraceDataEncoder;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;

/** Prints the message traces that are stored, as the official decoder reads them, once those of the awaited messages are there. */
final class Traces {
    private static volatile long lastMs = Long.MAX_VALUE;

    private Traces() {}

    /** `awaited` are message ids; then it goes on until nothing has come for a second. */
    static void print(String namesrvAddr, Set<String> awaited) throws Exception {
        Set<String> missing = ConcurrentHashMap.newKeySet();
        missing.addAll(awaited);
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer("CG_TRACES");
        consumer.setNamesrvAddr(namesrvAddr);
        consumer.setInstanceName("traces");
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe("RMQ_SYS_TRACE_TOPIC", "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            lastMs = System.currentTimeMillis();
            for (MessageExt message : messages)
                for (TraceContext trace : TraceDataEncoder.decoderFromTraceDataString(new String(message.getBody())))
                    for (TraceBean bean : trace.getTraceBeans()) {
                        missing.remove(bean.getMsgId());
                        Output.event("trace", "type", trace.getTraceType().name(), "group", String.valueOf(trace.getGroupName()),
                            "success", trace.isSuccess(), "topic", String.valueOf(bean.getTopic()), "msgId", bean.getMsgId(),
                            "keys", String.valueOf(bean.getKeys()), "offsetMsgId", String.valueOf(bean.getOffsetMsgId()));
                    }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        for (int i = 0; i < 300 && (!missing.isEmpty() || System.currentTimeMillis() - lastMs < 1000); i++) Thread.sleep(100);
        consumer.shutdown();
    }
}
