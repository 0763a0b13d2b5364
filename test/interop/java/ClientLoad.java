import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;

/**
 * The official client as load: synchronous sends from many threads through one producer, so over one connection.
 * Reads rounds from standard input ("count bodyBytes"), prints for each: acknowledged, errors, seconds, p50, p99,
 * p99.9 and the highest latency in microseconds. Arguments: name servers, topic, threads.
 */
public class ClientLoad {
    public static void main(String[] args) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("ClientLoad");
        producer.setNamesrvAddr(args[0]);
        producer.setVipChannelEnabled(false);
        producer.setRetryTimesWhenSendFailed(0);
        producer.start();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            run(producer, args[1], Integer.parseInt(args[2]), Integer.parseInt(words[0]), Integer.parseInt(words[1]));
        }
        producer.shutdown();
        System.exit(0);
    }

    private static void run(DefaultMQProducer producer, String topic, int threads, int count, int bodyBytes) throws Exception {
        AtomicInteger next = new AtomicInteger();
        AtomicInteger errors = new AtomicInteger();
        long[] nanos = new long[count];
        Thread[] workers = new Thread[threads];
        long start = System.nanoTime();
        for (int i = 0; i < threads; i++) {
            workers[i] = new Thread(() -> {
                byte[] body = new byte[bodyBytes];
                Arrays.fill(body, (byte) 'x');
                for (int n = next.getAndIncrement(); n < count; n = next.getAndIncrement()) {
                    long sent = System.nanoTime();
                    try {
                        if (producer.send(new Message(topic, "TagA", body)).getSendStatus() != SendStatus.SEND_OK)
                            errors.incrementAndGet();
                    } catch (Exception e) {
                        errors.incrementAndGet();
                    }
                    nanos[n] = System.nanoTime() - sent;
                }
            });
            workers[i].start();
        }
        for (Thread worker : workers) worker.join();
        double seconds = (System.nanoTime() - start) / 1e9;
        Arrays.sort(nanos);
        System.out.println("RESULT " + (count - errors.get()) + " " + errors.get() + " " + seconds + " "
            + at(nanos, 0.5) + " " + at(nanos, 0.99) + " " + at(nanos, 0.999) + " " + at(nanos, 1));
    }

    private static long at(long[] nanos, double share) {
        return nanos[(int) Math.min(nanos.length - 1, share * nanos.length)] / 1000;
    }
}
