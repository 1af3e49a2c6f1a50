// measured.mjs - data made here, handed in, measured by a plan on the server: gives the measurement.
// SPDX-License-Identifier: Apache-2.0

/** Numbers from 0 to 1 that are the same in every run (Park & Miller, CACM 31, 1988). */
export function random(seed = 1) {
  let x = seed;
  return () => {
    x = (x * 48271) % 2147483647;
    return x / 2147483647;
  };
}

async function stored(server, name, head, rows) {
  await server.api('GET', '/sessions/me');
  const r = await fetch(`${server.base}/api/v1/files?name=${name}.csv`, {
    method: 'POST', headers: { Cookie: server.cookie, 'X-CSRF-Token': server.csrf }, body: `${head.join(',')}\n${rows.map((x) => x.join(',')).join('\n')}\n`,
  });
  if (r.status !== 201) throw new Error(await r.text());
  const dataset = (await server.api('GET', '/datasets?limit=1')).items[0];
  const version = { name: `${name} data`, dataset: dataset.id, edition: name, file_sha256: (await r.json()).sha256 };
  return server.api('POST', '/dataset-versions', version);
}

/** `data` and `reference`: rows of values under the names in `head`. */
export async function measured(server, name, { kind, head, data, reference, parameters, limits = [] }) {
  const version = await stored(server, name, head, data);
  const other = reference ? await stored(server, `${name}-reference`, head, reference) : null;
  const system = (await server.api('GET', '/systems?limit=1')).items[0];
  const plan = await server.api('POST', '/plans', {
    name, kind, system: system.id, dataset_version: version.id, parameters, limits, fresh_days: 90, active: true, ...(other ? { reference_version: other.id } : {}),
  });
  let job = await server.api('POST', '/jobs', { kind: 'assess', payload: { plan: plan.id } });
  for (let i = 0; i < 600 && ['queued', 'running'].includes(job.state); i++) {
    await new Promise((done) => setTimeout(done, 100));
    job = await server.api('GET', `/jobs/${job.id}`);
  }
  if (job.state !== 'done') throw new Error(JSON.stringify(job));
  return (await server.api('GET', `/measurements?plan=${plan.id}`)).items[0];
}

/** The whole result of a measurement. */
export const resultOf = (server, measurement) => server.api('GET', `/files/${measurement.result_sha256}`);
