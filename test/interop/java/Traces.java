import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
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

    /** `awaited` are message ids, of which so many traces are there; then it goes on until nothing has come for a second. */
    static void print(String namesrvAddr, Set<String> awaited, int expected) throws Exception {
        AtomicInteger found = new AtomicInteger();
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
                        if (awaited.contains(bean.getMsgId())) found.incrementAndGet();
                        Output.event("trace", "type", trace.getTraceType().name(), "group", String.valueOf(trace.getGroupName()),
                            "success", trace.isSuccess(), "topic", String.valueOf(bean.getTopic()), "msgId", bean.getMsgId(),
                            "keys", String.valueOf(bean.getKeys()), "offsetMsgId", String.valueOf(bean.getOffsetMsgId()));
                    }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        for (int i = 0; i < 1200; i++) {
            if (missing.isEmpty() && found.get() >= expected && System.currentTimeMillis() - lastMs >= 1000) break;
            Thread.sleep(100);
        }
        consumer.shutdown();
    }
}
