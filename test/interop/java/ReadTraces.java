import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.trace.TraceBean;
import org.apache.rocketmq.client.trace.TraceContext;
import org.apache.rocketmq.client.trace.TraceDataEncoder;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;

/** Prints every field of the traces of a topic, as the official decoder reads them: name server, topic, how many. */
final class ReadTraces {
    private ReadTraces() {}

    public static void main(String[] args) throws Exception {
        CountDownLatch missing = new CountDownLatch(Integer.parseInt(args[2]));
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer("CG_READ_" + args[1]);
        consumer.setNamesrvAddr(args[0]);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(args[1], "*");
        consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
            for (MessageExt message : messages)
                for (TraceContext trace : TraceDataEncoder.decoderFromTraceDataString(new String(message.getBody())))
                    for (TraceBean bean : trace.getTraceBeans()) {
                        print(message, trace, bean);
                        missing.countDown();
                    }
            return ConsumeOrderlyStatus.SUCCESS;
        });
        consumer.start();
        boolean complete = missing.await(200, TimeUnit.SECONDS);
        if (complete) Thread.sleep(1000); // for what should not be there
        Output.event("end", "missing", missing.getCount());
        consumer.shutdown();
        System.exit(0);
    }

    private static void print(MessageExt message, TraceContext trace, TraceBean bean) {
        Output.event("trace", "messageKeys", message.getKeys(), "type", trace.getTraceType().name(), "timeStamp", trace.getTimeStamp(),
            "region", trace.getRegionId(), "group", trace.getGroupName(), "costTime", trace.getCostTime(), "success", trace.isSuccess(),
            "requestId", trace.getRequestId(), "contextCode", trace.getContextCode(), "topic", bean.getTopic(), "msgId", bean.getMsgId(),
            "offsetMsgId", bean.getOffsetMsgId(), "tags", bean.getTags(), "keys", bean.getKeys(), "storeHost", bean.getStoreHost(),
            "retryTimes", bean.getRetryTimes(), "bodyLength", bean.getBodyLength(),
            "msgType", bean.getMsgType() == null ? null : bean.getMsgType().name());
    }
}
