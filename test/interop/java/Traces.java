import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.trace.TraceBean;
import org.apache.rocketmq.client.trace.TraceContext;
import org.apache.rocketmq.client.trace.TraceDataEncoder;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;

/** Prints the message traces that are stored, as the official decoder reads them. */
final class Traces {
    private static volatile long lastMs = Long.MAX_VALUE;

    private Traces() {}

    static void print(String namesrvAddr) throws Exception {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer("CG_TRACES");
        consumer.setNamesrvAddr(namesrvAddr);
        consumer.setInstanceName("traces");
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe("RMQ_SYS_TRACE_TOPIC", "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            lastMs = System.currentTimeMillis();
            for (MessageExt message : messages)
                for (TraceContext trace : TraceDataEncoder.decoderFromTraceDataString(new String(message.getBody())))
                    for (TraceBean bean : trace.getTraceBeans())
                        Output.event("trace", "type", trace.getTraceType().name(), "group", String.valueOf(trace.getGroupName()),
                            "success", trace.isSuccess(), "topic", String.valueOf(bean.getTopic()), "msgId", bean.getMsgId(),
                            "keys", String.valueOf(bean.getKeys()), "offsetMsgId", String.valueOf(bean.getOffsetMsgId()));
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        // until nothing has come for a second
        for (int i = 0; i < 200 && System.currentTimeMillis() - lastMs < 1000; i++) Thread.sleep(100);
        consumer.shutdown();
    }
}
