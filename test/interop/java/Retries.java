import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/**
 * Messages that fail: `good` never, `once` the first time, `bad` always. Concurrently they come again with growing delays, in
 * order they hold up their queue; both end as dead letters after two more attempts. Prints every attempt, every dead letter, and
 * the traces of the concurrent consumer.
 * Arguments: name servers, broker address.
 */
public class Retries {
    public static void main(String[] args) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("PG_RETRY");
        producer.setNamesrvAddr(args[0]);
        producer.setSendMsgTimeout(60000);
        producer.start();
        for (String body : new String[] {"good", "once", "bad"}) {
            Message message = new Message("Retry", "TagR", "key-" + body, Output.bytes(body));
            message.putUserProperty("own", body + "-property");
            producer.send(message);
        }
        MessageQueue first = producer.fetchPublishMessageQueues("Retry").get(0);
        for (String body : new String[] {"bad", "good", "once", "last"}) {
            producer.send(new Message("RetryOrderly", Output.bytes(body)), (queues, message, arg) -> queues.get(0), null);
        }
        producer.shutdown();

        CountDownLatch open = new CountDownLatch(2);
        Set<String> failed = ConcurrentHashMap.newKeySet();
        Set<String> traced = ConcurrentHashMap.newKeySet();
        AtomicInteger attempts = new AtomicInteger();
        DefaultMQPushConsumer concurrent = consumer(args[0], "CG_RETRY", "Retry", true);
        concurrent.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            MessageExt message = messages.get(0);
            Output.message("concurrent", "one", message);
            traced.add(message.getMsgId());
            attempts.incrementAndGet();
            String body = new String(message.getBody());
            if (body.equals("good") || (body.equals("once") && !failed.add(body))) return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
            if (body.equals("bad") && message.getReconsumeTimes() == 2) open.countDown();
            if (body.equals("bad") && message.getReconsumeTimes() == 1) throw new IllegalStateException("an exception is a failure");
            return ConsumeConcurrentlyStatus.RECONSUME_LATER;
        });
        DefaultMQPushConsumer orderly = consumer(args[0], "CG_RETRY_ORDERLY", "RetryOrderly", false);
        orderly.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
            MessageExt message = messages.get(0);
            Output.message("orderly", "one", message);
            String body = new String(message.getBody());
            if (body.equals("last")) open.countDown();
            context.setSuspendCurrentQueueTimeMillis(200);
            boolean succeeds = body.equals("good") || body.equals("last") || (body.equals("once") && message.getReconsumeTimes() > 0);
            return succeeds ? ConsumeOrderlyStatus.SUCCESS : ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
        });
        concurrent.start();
        orderly.start();
        boolean all = open.await(200, TimeUnit.SECONDS);
        Thread.sleep(1500);
        concurrent.shutdown();
        orderly.shutdown();

        DefaultMQAdminExt admin = new DefaultMQAdminExt();
        admin.setNamesrvAddr(args[0]);
        admin.start();
        DefaultMQPullConsumer puller = new DefaultMQPullConsumer("CG_DEAD");
        puller.setNamesrvAddr(args[0]);
        puller.start();
        for (String group : new String[] {"CG_RETRY", "CG_RETRY_ORDERLY"}) {
            // dead letters can be read once somebody has given the permission
            admin.createAndUpdateTopicConfig(args[1], new TopicConfig("%DLQ%" + group, 1, 1, 6));
            MessageQueue queue = new MessageQueue("%DLQ%" + group, first.getBrokerName(), 0);
            List<MessageExt> dead = null;
            // 4.4.0 delays a dead letter once more
            for (int i = 0; dead == null && i < 600; i++, Thread.sleep(100)) dead = puller.pull(queue, "*", 0, 32).getMsgFoundList();
            if (dead != null) dead.forEach(message -> Output.message("dead", group, message));
        }
        Traces.print(args[0], traced, 2 * attempts.get()); // before and after each attempt
        Output.event("end", "all", all);
        System.exit(0);
    }

    private static DefaultMQPushConsumer consumer(String namesrvAddr, String group, String topic, boolean traced) throws Exception {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(group, traced);
        consumer.setNamesrvAddr(namesrvAddr);
        consumer.setInstanceName(group);
        consumer.setMaxReconsumeTimes(2);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(topic, "*");
        return consumer;
    }
}
