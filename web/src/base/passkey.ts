// passkey.ts - the browser's side of passkeys (W3C Web Authentication): asking the device.
// SPDX-License-Identifier: Apache-2.0

import { call, Problem } from './api';

type Bytes = Uint8Array<ArrayBuffer>;

/** Why there are no passkeys here: they belong to a name, not to an address, and need https. */
export function passkeyTrouble(): 'address' | 'https' | 'browser' | undefined {
  if (!/[a-z]/i.test(location.hostname) || location.hostname.startsWith('[')) return 'address';
  if (!isSecureContext) return 'https';
  return typeof PublicKeyCredential === 'function' ? undefined : 'browser';
}

export const passkeysWork = (): boolean => passkeyTrouble() === undefined;

function decode(text: string): Bytes {
  const raw = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}

function encode(b: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** The person said no, or the device did: a problem like any other, in the words of the caller. */
async function ask(asked: Promise<Credential | null>, refused: string): Promise<PublicKeyCredential> {
  try {
    const made = await asked;
    if (made instanceof PublicKeyCredential) return made;
  } catch (x) {
    if (!(x instanceof DOMException)) throw x;
  }
  throw new Problem(0, 'cancelled', '', refused, '');
}

interface Start {
  challenge: string;
  site: string;
  user: string;
  name: string;
  timeout: number;
  algorithms: number[];
  exclude: string[];
}

/** Makes a passkey on this device and hands it in under a name. */
export async function addPasskey(name: string, password: string, refused: string): Promise<void> {
  const s = await call<Start>('POST', '/me/passkeys/challenge', { body: { password } });
  const made = await ask(navigator.credentials.create({
    publicKey: {
      challenge: decode(s.challenge), timeout: s.timeout, attestation: 'none',
      rp: { id: s.site, name: 'aims' },
      user: { id: decode(s.user), name: s.name, displayName: s.name },
      pubKeyCredParams: s.algorithms.map((alg) => ({ type: 'public-key', alg })),
      excludeCredentials: s.exclude.map((id) => ({ type: 'public-key', id: decode(id) })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    },
  }), refused);
  const r = made.response as AuthenticatorAttestationResponse;
  await call('POST', '/me/passkeys', {
    body: { name, client_data: encode(r.clientDataJSON), attestation: encode(r.attestationObject) },
  });
}

/** Logs in with whichever passkey the person picks. */
export async function logInByPasskey(refused: string): Promise<void> {
  const s = await call<{ challenge: string; site: string; timeout: number }>('POST', '/sessions/challenge');
  const used = await ask(navigator.credentials.get({
    publicKey: { challenge: decode(s.challenge), rpId: s.site, timeout: s.timeout, userVerification: 'required' },
  }), refused);
  const r = used.response as AuthenticatorAssertionResponse;
  await call('POST', '/sessions/passkey', {
    body: {
      credential: encode(used.rawId), client_data: encode(r.clientDataJSON), signature: encode(r.signature),
      authenticator_data: encode(r.authenticatorData), ...(r.userHandle?.byteLength ? { user_handle: encode(r.userHandle) } : {}),
    },
  });
}
