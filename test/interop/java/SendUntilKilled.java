import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;

/**
 * Sends with several threads of the official client until standard input ends, going on through errors, and prints
 * each acknowledged message: its key, queue and queue offset. Arguments: name servers, topic, threads.
 */
public class SendUntilKilled {
    private static volatile boolean stopped;

    public static void main(String[] args) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("SendUntilKilled");
        producer.setNamesrvAddr(args[0]);
        producer.setSendMsgTimeout(1000);
        producer.start();
        AtomicLong number = new AtomicLong();
        Thread[] threads = new Thread[Integer.parseInt(args[2])];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> send(producer, args[1], number));
            threads[i].start();
        }
        while (System.in.read() >= 0) {
            // until its end
        }
        stopped = true;
        for (Thread thread : threads) thread.join();
        producer.shutdown();
        System.exit(0);
    }

    private static void send(DefaultMQProducer producer, String topic, AtomicLong number) {
        while (!stopped) {
            String key = "k" + number.incrementAndGet();
            try {
                byte[] body = ("body of " + key).getBytes(StandardCharsets.UTF_8);
                SendResult result = producer.send(new Message(topic, "TagK", key, body));
                if (result.getSendStatus() != SendStatus.SEND_OK) continue;
                String line = "ACK " + key + " " + result.getMessageQueue().getQueueId() + " " + result.getQueueOffset() + "\n";
                synchronized (System.out) {
                    System.out.print(line);
                    System.out.flush();
                }
            } catch (Exception e) {
                try {
                    Thread.sleep(20);
                } catch (InterruptedException interrupted) {
                    return;
                }
            }
        }
    }
}
