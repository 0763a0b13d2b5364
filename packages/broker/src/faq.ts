/** The pointer that 4.4.0 adds to some remarks; clients show remarks to their users. */
const FAQ_URL = 'http://rocketmq.apache.org/docs/faq/';

export const SEE_FAQ = `\nSee ${FAQ_URL} for further details.`;
