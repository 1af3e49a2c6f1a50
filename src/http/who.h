/* who.h - who sends a request: bearer token or session cookie, and whether they meant it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_HTTP_WHO_H
#define AIMS_HTTP_WHO_H
#include "http/request.h"

#define SESSION_COOKIE "aims_session"

/* Fills q->who, and q->session and q->csrf for a session; UNAUTHENTICATED otherwise. */
bool who_asks(request *q, err *e) NODISCARD;
/* A session must repeat its CSRF token in X-CSRF-Token; a token of a machine needs nothing. */
bool who_meant_it(request *q, err *e) NODISCARD;
/* The value of one cookie of a Cookie header; absent when it is not there. */
str cookie_value(str header, const char *name);
/* Sets the cookie, or clears it with an absent id. */
void cookie_set(request *q, str id);

#endif
