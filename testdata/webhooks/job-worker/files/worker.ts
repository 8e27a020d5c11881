import { Worker } from 'bullmq';
new Worker('stripe', async (job) => {
  const event = JSON.parse(job.data.payload);
  switch (event.type) { case 'invoice.paid': return extend(event.data.object); }
});
