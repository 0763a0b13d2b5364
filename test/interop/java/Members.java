import com.alibaba.fastjson.JSON;
import com.alibaba.fastjson.JSONArray;
import com.alibaba.fastjson.JSONObject;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.apache.rocketmq.client.consumer.AllocateMessageQueueStrategy;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueAveragely;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueAveragelyByCircle;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueByConfig;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueByMachineRoom;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueConsistentHash;
import org.apache.rocketmq.client.impl.consumer.ProcessQueue;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.common.protocol.RequestCode;
import org.apache.rocketmq.common.protocol.heartbeat.MessageModel;
import org.apache.rocketmq.remoting.RPCHook;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;

/**
 * Official push consumers that do what standard input says, one command in JSON a line: `do` is start, stop, suspend, resume or
 * expire, `name` is the consumer; the other fields of start are those of MemberOptions in harness/members.ts. Prints what each
 * consumer gets, its share of the queues whenever that changes, and the end of each command. Ends with its input.
 * Argument: name servers.
 */
public class Members {
    private static final Map<String, DefaultMQPushConsumer> consumers = new ConcurrentHashMap<>();

    public static void main(String[] args) throws Exception {
        Thread shares = new Thread(Members::tellShares);
        shares.setDaemon(true);
        shares.start();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JSONObject command = JSON.parseObject(line);
            String name = command.getString("name");
            switch (command.getString("do")) {
                case "start":
                    consumers.put(name, start(args[0], name, command));
                    break;
                case "stop":
                    consumers.remove(name).shutdown();
                    Thread.sleep(200); // the offsets go out one-way, and the client does not wait for them
                    break;
                case "suspend":
                    consumers.get(name).suspend();
                    break;
                case "resume":
                    consumers.get(name).resume();
                    break;
                default:
                    expire(consumers.get(name));
            }
            Output.event(command.getString("do"), "member", name);
        }
        System.exit(0);
    }

    private static DefaultMQPushConsumer start(String namesrvAddr, String name, JSONObject options) throws Exception {
        AtomicInteger refusals = new AtomicInteger(options.getIntValue("refusedSendBacks"));
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(options.getString("group"), new RPCHook() {
            @Override
            public void doBeforeRequest(String remoteAddr, RemotingCommand request) {
                if (request.getCode() != RequestCode.CONSUMER_SEND_MSG_BACK || refusals.getAndDecrement() <= 0) return;
                throw new IllegalStateException("refused by the test");
            }

            @Override
            public void doAfterResponse(String remoteAddr, RemotingCommand request, RemotingCommand response) {}
        }, new AllocateMessageQueueAveragely());
        consumer.setNamesrvAddr(namesrvAddr);
        consumer.setClientIP("127.0.0.1");
        consumer.setInstanceName(options.getString("instance"));
        consumer.setConsumeFromWhere(ConsumeFromWhere.valueOf(options.getString("from")));
        if (options.containsKey("timestamp")) consumer.setConsumeTimestamp(options.getString("timestamp"));
        if (options.containsKey("model")) consumer.setMessageModel(MessageModel.valueOf(options.getString("model")));
        if (options.containsKey("maxReconsumeTimes")) consumer.setMaxReconsumeTimes(options.getIntValue("maxReconsumeTimes"));
        String topic = options.getString("topic");
        if (options.containsKey("strategy")) consumer.setAllocateMessageQueueStrategy(strategy(topic, options));
        consumer.subscribe(topic, "*");
        Answers answers = new Answers(options.getJSONObject("answers"));
        if (options.getBooleanValue("orderly")) {
            consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
                context.setAutoCommit(!options.getBooleanValue("manualCommit"));
                context.setSuspendCurrentQueueTimeMillis(200);
                Output.message("consumed", name, messages.get(0));
                return ConsumeOrderlyStatus.valueOf(answers.next(messages.get(0), "SUCCESS"));
            });
        } else {
            consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
                Output.message("consumed", name, messages.get(0));
                String answer = answers.next(messages.get(0), "CONSUME_SUCCESS");
                if (answer.equals("THROW")) throw new IllegalStateException("an exception is a failure");
                while (answer.equals("HANG") && consumers.containsKey(name)) sleep(50);
                return answer.equals("HANG") ? ConsumeConcurrentlyStatus.CONSUME_SUCCESS : ConsumeConcurrentlyStatus.valueOf(answer);
            });
        }
        consumer.start();
        return consumer;
    }

    private static AllocateMessageQueueStrategy strategy(String topic, JSONObject options) {
        switch (options.getString("strategy")) {
            case "AVG":
                return new AllocateMessageQueueAveragely();
            case "AVG_BY_CIRCLE":
                return new AllocateMessageQueueAveragelyByCircle();
            case "CONSISTENT_HASH":
                return new AllocateMessageQueueConsistentHash();
            case "MACHINE_ROOM":
                AllocateMessageQueueByMachineRoom byRoom = new AllocateMessageQueueByMachineRoom();
                byRoom.setConsumeridcs(options.getJSONArray("rooms").stream().map(String::valueOf).collect(Collectors.toSet()));
                return byRoom;
            case "CONFIG":
                AllocateMessageQueueByConfig byConfig = new AllocateMessageQueueByConfig();
                List<MessageQueue> queues = new ArrayList<>();
                JSONArray ids = options.getJSONArray("queues");
                for (int i = 0; i < ids.size(); i++) queues.add(new MessageQueue(topic, options.getString("broker"), ids.getIntValue(i)));
                byConfig.setMessageQueueList(queues);
                return byConfig;
            default:
                throw new IllegalArgumentException(options.getString("strategy"));
        }
    }

    /** What the client does by itself once a minute at the earliest: messages that a listener has had for too long go back. */
    private static void expire(DefaultMQPushConsumer consumer) {
        consumer.setConsumeTimeout(0);
        for (ProcessQueue queue : consumer.getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable().values())
            queue.cleanExpiredMsg(consumer);
    }

    private static void tellShares() {
        Map<String, String> told = new ConcurrentHashMap<>();
        for (;;) {
            for (Map.Entry<String, DefaultMQPushConsumer> entry : consumers.entrySet()) {
                int[] share = entry.getValue().getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable().keySet().stream()
                    .filter(queue -> !queue.getTopic().startsWith("%RETRY%")).mapToInt(MessageQueue::getQueueId).sorted().toArray();
                if (!Arrays.toString(share).equals(told.put(entry.getKey(), Arrays.toString(share))))
                    Output.event("share", "member", entry.getKey(), "queues", share);
            }
            sleep(50);
        }
    }

    private static void sleep(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException error) {
            throw new IllegalStateException(error);
        }
    }

    /** By body: what the listener answers the first, the second, … time; the last word holds from then on. */
    private static final class Answers {
        private final JSONObject words;
        private final Map<String, AtomicInteger> times = new ConcurrentHashMap<>();

        Answers(JSONObject words) {
            this.words = words;
        }

        String next(MessageExt message, String otherwise) {
            String body = new String(message.getBody(), StandardCharsets.UTF_8);
            if (words == null || !words.containsKey(body)) return otherwise;
            JSONArray all = words.getJSONArray(body);
            int time = times.computeIfAbsent(body, key -> new AtomicInteger()).getAndIncrement();
            return all.getString(Math.min(time, all.size() - 1));
        }
    }
}
