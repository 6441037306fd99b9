// Campaigns of which anything may be odd: nothing in them, one lead, nothing to divide
// by, very many of everything, names and texts that a page might trip over.

// hostile are texts from outside that would run, were they not escaped.
export const hostile = {
  name: 'نيبال <img src=x onerror="window.owned=1"> <script>window.owned=1</script>',
  ref: '%3Cimg%20src%3Dx%20onerror%3Dwindow.owned%3D1%3E', // what an adapter makes of such a name
  text: '"><img src=x onerror="window.owned=1"><svg onload=window.owned=1>',
  label: '\'"><script>window.owned=1</script>',
};

export const oddCampaigns = ['empty', 'one', 'zero', 'floor', 'nepal', '..'];

const minutesAgo = (n) => new Date(Date.now() - n * 60_000).toISOString();
const config = (name, more) => ({ name, time_zone: 'Europe/Lisbon', currency: 'EUR', dial_mode: 'predictive', dispositions: [{ code: 'SALE', category: 'sale', stage: 'closed' }, { code: 'NI', category: 'refusal' }], ...more });

// answered is a call that a person answered, so many minutes ago.
const answered = (ref, lead, ago, more) => ({
  ref, lead, started_at: minutesAgo(ago), result: 'answered', answered_by: 'human', answered_at: minutesAgo(ago), connected_at: minutesAgo(ago), ended_at: minutesAgo(ago - 1), ended_by: 'agent', ...more,
});

// seedOdd makes them all.
export async function seedOdd(house) {
  const put = (ref, body) => house.api('PUT', `/v1/campaigns/${ref}`, body);
  const post = (ref, what, body) => house.api('POST', `/v1/campaigns/${ref}/${what}`, body);
  await put('empty', config('Nothing yet'));
  await put('one', config('One lead'));
  await post('one', 'leads', [{ ref: 'only', generated_at: minutesAgo(90) }]);
  await post('one', 'attempts', [answered('only-call', 'only', 60, { agent: 'a-1', disposition: 'SALE', amount: '10.00' })]);
  await put('zero', config('Nothing to divide by'));
  await post('zero', 'leads', [{ ref: 'undialed', generated_at: minutesAgo(90) }]);
  await house.api('POST', '/v1/costs', [{ ref: 'rent', campaign: 'zero', category: 'overhead', amount: '100.00', currency: 'EUR', from: minutesAgo(3000), to: minutesAgo(-3000) }]);
  await seedFloor(put, post);
  await seedNepal(put, post);
  await dots(house);
}

// seedFloor makes 500 agents and 1,000 dispositions.
async function seedFloor(put, post) {
  await put('floor', config('The large floor', {
    dispositions: Array.from({ length: 1000 }, (_, i) => ({ code: `CODE-${i}`, label: `Outcome number ${i}`, category: i % 20 ? 'refusal' : 'sale', ...(i % 20 || { stage: 'closed' }) })),
  }));
  await post('floor', 'attempts', Array.from({ length: 6000 }, (_, i) => {
    const more = { agent: `agent-${i % 500}`, disposition: `CODE-${(i * 7) % 1000}` };
    const lead = { ref: `l-${i % 2500}`, list: `list-${i % 40}`, time_zone: ['America/New_York', 'Asia/Kolkata', 'Europe/Lisbon'][i % 3] };
    const ago = 10 + (i * 37) % (14 * 1440);
    if (i % 5 > 1) return { ref: `f-${i}`, lead, agent: more.agent, started_at: minutesAgo(ago), result: 'no_answer' };
    if (i % 95 === 0) return { ...answered(`f-${i}`, lead, ago), connected_at: undefined, ended_by: 'customer' };
    return answered(`f-${i}`, lead, ago, { ...more, ...(((i * 7) % 1000) % 20 || { amount: '1234567.89' }) });
  }));
}

// seedNepal makes a campaign of another zone, with large amounts and hostile texts.
async function seedNepal(put, post) {
  await put('nepal', config(hostile.name, {
    time_zone: 'Asia/Kathmandu', currency: 'NPR', compliance: 'uk_2008',
    dispositions: [{ code: 'SALE', label: hostile.label, category: 'sale', stage: 'closed' }, { code: hostile.text, category: 'refusal' }],
  }));
  await post('nepal', 'attempts', Array.from({ length: 40 }, (_, i) => answered(i ? `n-${i}` : hostile.ref, { ref: i ? `l-${i}` : hostile.ref, name: hostile.text, list: hostile.text, source: hostile.label },
    30 + i * 200, { agent: i % 2 ? 'سميرة عبد الرحمن' : hostile.text, disposition: i % 4 ? hostile.text : 'SALE', ...(i % 4 || { amount: '9999999999.99' }) })));
  await post('nepal', 'attempts', [answered('unmapped', 'l-1', 20, { agent: 'a', disposition: hostile.label })]);
  await post('nepal', 'outcomes', [{ attempt: 'n-1', disposition: hostile.text, note: hostile.text }]);
}

// dots makes a campaign and a call whose refs a browser would take for steps of a path.
async function dots(house) {
  const escaped = '%252E%252E';
  await house.api('PUT', `/v1/campaigns/${escaped}`, config('Dots'));
  await house.api('POST', `/v1/campaigns/${escaped}/attempts`, [{ ref: '.', lead: 'l', agent: 'a', started_at: minutesAgo(30), result: 'no_answer' }]);
}
