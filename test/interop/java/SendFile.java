import com.alibaba.fastjson.JSON;
import com.alibaba.fastjson.JSONObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;

/**
 * Sends the messages of a file (one JSON object a line: tags, keys, flag, properties, body in base64) with the
 * official client and prints each result as a line of JSON. Arguments: name servers, topic, mode, file.
 */
public class SendFile {
    public static void main(String[] args) throws Exception {
        String topic = args[1];
        String mode = args[2];
        DefaultMQProducer producer = new DefaultMQProducer("SendFile");
        producer.setNamesrvAddr(args[0]);
        producer.setSendMsgTimeout(60000);
        producer.start();
        List<Message> messages = new ArrayList<>();
        for (String line : Files.readAllLines(Paths.get(args[3]), StandardCharsets.UTF_8)) messages.add(parse(topic, line));
        AtomicInteger failures = new AtomicInteger();
        if (mode.equals("batch")) {
            for (int i = 0; i < messages.size(); i += 10)
                print(i, producer.send(messages.subList(i, Math.min(i + 10, messages.size()))));
        } else if (mode.equals("async")) {
            CountDownLatch left = new CountDownLatch(messages.size());
            CountDownLatch first = new CountDownLatch(1);
            for (int i = 0; i < messages.size(); i++) {
                int index = i;
                producer.send(messages.get(i), new SendCallback() {
                    @Override
                    public void onSuccess(SendResult result) {
                        print(index, result);
                        first.countDown();
                        left.countDown();
                    }

                    @Override
                    public void onException(Throwable e) {
                        e.printStackTrace();
                        failures.incrementAndGet();
                        first.countDown();
                        left.countDown();
                    }
                });
                // the 4.4.0 client may close a connection that two of its threads open at the same time
                first.await(120, TimeUnit.SECONDS);
            }
            if (!left.await(120, TimeUnit.SECONDS)) failures.incrementAndGet();
        } else {
            for (int i = 0; i < messages.size(); i++) {
                Message message = messages.get(i);
                if (mode.equals("oneway")) producer.sendOneway(message);
                else if (mode.equals("selector")) print(i, producer.send(message, (queues, m, arg) -> queues.get((Integer) arg % queues.size()), i));
                else print(i, producer.send(message));
            }
            if (mode.equals("oneway")) Thread.sleep(3000); // what waits at a shutdown is lost
        }
        producer.shutdown();
        System.exit(failures.get() == 0 ? 0 : 1);
    }

    private static Message parse(String topic, String line) {
        JSONObject json = JSON.parseObject(line);
        Message message = new Message(topic, Base64.getDecoder().decode(json.getString("body")));
        message.setFlag(json.getIntValue("flag"));
        if (json.containsKey("tags")) message.setTags(json.getString("tags"));
        if (json.containsKey("keys")) message.setKeys(json.getString("keys"));
        for (Map.Entry<String, Object> entry : json.getJSONObject("properties").entrySet())
            message.putUserProperty(entry.getKey(), (String) entry.getValue());
        return message;
    }

    private static synchronized void print(int index, SendResult result) {
        Map<String, Object> line = new TreeMap<>();
        line.put("index", index);
        line.put("status", result.getSendStatus().name());
        line.put("msgId", result.getMsgId());
        line.put("offsetMsgId", result.getOffsetMsgId());
        line.put("brokerName", result.getMessageQueue().getBrokerName());
        line.put("queueId", result.getMessageQueue().getQueueId());
        line.put("queueOffset", result.getQueueOffset());
        System.out.println(JSON.toJSONString(line));
    }
}
