// page.js - log in, set a password, and show the status of the controls, by the public API alone.
// SPDX-License-Identifier: Apache-2.0
'use strict';

const byId = (id) => document.getElementById(id);
let csrf = '';

async function call(method, path, body) {
  const headers = { Accept: 'application/json' };
  if (body) headers['Content-Type'] = 'application/json';
  if (csrf) headers['X-CSRF-Token'] = csrf;
  const reply = await fetch('/api/v1' + path, {
    method, headers, body: body && JSON.stringify(body),
  });
  const value = reply.status === 204 ? {} : await reply.json();
  if (!reply.ok) throw Object.assign(new Error(value.detail + (value.hint ? ': ' + value.hint : '')), value);
  return value;
}

function cell(row, text, className) {
  const td = document.createElement('td');
  td.textContent = text;
  if (className) td.className = className;
  row.append(td);
  return td;
}

function statusMark(status) {
  const mark = document.createElement('span');
  mark.className = 'status ' + status;
  mark.textContent = status;
  return mark;
}

function showControls(standing) {
  byId('organisation').textContent = standing.organisation || '';
  for (const [status, count] of Object.entries(standing.controls)) {
    if (!count) continue;
    const item = document.createElement('li');
    item.className = status;
    item.textContent = count + ' ' + status;
    byId('counts').append(item);
  }
  for (const x of standing.items.filter((i) => i.kind === 'control')) {
    const row = document.createElement('tr');
    cell(row, x.id);
    cell(row, x.title);
    cell(row, '').append(statusMark(x.status));
    cell(row, x.evidence, 'number');
    cell(row, x.open_findings, 'number');
    byId('controls').append(row);
  }
  byId('standing').hidden = false;
}

async function showHome() {
  const me = await call('GET', '/sessions/me');
  csrf = me.csrf || '';
  byId('login').hidden = true;
  byId('who').textContent = me.account;
  byId('session').hidden = false;
  byId('version').textContent = 'version ' + (await call('GET', '/about')).version;
  showControls(await call('GET', '/status'));
}

function onSubmit(form, act) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const problem = form.querySelector('.problem');
    problem.textContent = '';
    try {
      await act(Object.fromEntries(new FormData(form)));
    } catch (e) {
      problem.textContent = e.message;
    }
  });
}

async function startHome() {
  onSubmit(byId('login'), async (input) => {
    await call('POST', '/sessions', input);
    await showHome();
  });
  byId('logout').addEventListener('click', async () => {
    await call('DELETE', '/sessions/me');
    location.reload();
  });
  try {
    await showHome();
  } catch (e) {
    if (e.code === 'unauthenticated') byId('login').hidden = false;
    else byId('problem').textContent = e.message;
  }
}

function startSetup() {
  onSubmit(byId('setup'), async (input) => {
    if (input.password !== input.again) throw new Error('The two passwords differ');
    const code = new URLSearchParams(location.search).get('code') || '';
    await call('POST', '/sessions/redeem', { code, password: input.password });
    location.replace('/');
  });
}

if (document.body.dataset.page === 'setup') startSetup();
else startHome();
