/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * JSON as QEMU reads it; see json_read.h.
 *
 * A value is read twice: scan() finds its end, then parse_value() reads the same tokens.
 */
#include "json_read.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum token_type {
    TOKEN_END,  /* nothing but white space is left */
    TOKEN_MORE, /* the text ends in the token */
    TOKEN_STRAY,
    TOKEN_STRUCTURE, /* one of {}[],: */
    TOKEN_STRING,
    TOKEN_INTEGER,
    TOKEN_FLOAT,
    TOKEN_KEYWORD,
};

/* A stray one ends with the byte that does not fit. */
struct token {
    enum token_type type;
    size_t begin, end;
};

/* Tokens that begin before `end` are read. */
struct reader {
    const char *text;
    size_t len, at, end;
    char *error;
    size_t error_size;
};

/* --- tokens --- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_structure(char c)
{
    return c && strchr("{}[],:", c);
}

/* The end of a string whose quote is at `begin`. */
static struct token string_token(const char *text, size_t len, size_t begin)
{
    struct token token = {TOKEN_MORE, begin, len};

    for (size_t at = begin + 1; at < len; at++) {
        if ((unsigned char)text[at] < 0x20 || (unsigned char)text[at] > 0xfd)
            return (struct token){TOKEN_STRAY, begin, at + 1};
        if (text[at] == text[begin])
            return (struct token){TOKEN_STRING, begin, at + 1};
        if (text[at] == '\\' && ++at < len &&
            ((unsigned char)text[at] < 0x20 || (unsigned char)text[at] > 0xfd))
            return (struct token){TOKEN_STRAY, begin, at + 1};
    }
    return token;
}

/* Skip digits, at least one. If there is none, `type` says why. */
static bool digits(const char *text, size_t len, struct token *token)
{
    if (token->end < len && is_digit(text[token->end])) {
        while (token->end < len && is_digit(text[token->end]))
            token->end++;
        return true;
    }
    token->type = token->end < len ? TOKEN_STRAY : TOKEN_MORE;
    token->end += token->end < len;
    return false;
}

/* The end of a number needs a byte after it. */
static struct token number_token(const char *text, size_t len, size_t begin)
{
    struct token token = {TOKEN_INTEGER, begin, begin + (text[begin] == '-')};
    const bool zero = token.end < len && text[token.end] == '0';

    if (zero && token.end + 1 < len && is_digit(text[token.end + 1]))
        return (struct token){TOKEN_STRAY, begin, token.end + 2};
    if (!digits(text, len, &token))
        return token;
    if (token.end < len && text[token.end] == '.') {
        token.type = TOKEN_FLOAT;
        token.end++;
        if (!digits(text, len, &token))
            return token;
    }
    if (token.end < len && (text[token.end] == 'e' || text[token.end] == 'E')) {
        token.type = TOKEN_FLOAT;
        token.end++;
        token.end += token.end < len && (text[token.end] == '+' || text[token.end] == '-');
        if (!digits(text, len, &token))
            return token;
    }
    if (token.end == len)
        token.type = TOKEN_MORE;
    return token;
}

static struct token keyword_token(const char *text, size_t len, size_t begin)
{
    struct token token = {TOKEN_KEYWORD, begin, begin};

    while (token.end < len && text[token.end] >= 'a' && text[token.end] <= 'z')
        token.end++;
    if (token.end == len)
        token.type = TOKEN_MORE;
    return token;
}

static struct token next_token(const char *text, size_t len, size_t at)
{
    while (at < len && is_space(text[at]))
        at++;
    if (at == len)
        return (struct token){TOKEN_END, at, at};
    if (is_structure(text[at]))
        return (struct token){TOKEN_STRUCTURE, at, at + 1};
    if (text[at] == '"' || text[at] == '\'')
        return string_token(text, len, at);
    if (text[at] == '-' || is_digit(text[at]))
        return number_token(text, len, at);
    if (text[at] >= 'a' && text[at] <= 'z')
        return keyword_token(text, len, at);
    return (struct token){TOKEN_STRAY, at, at + 1};
}

/* --- values --- */

static void fail(struct reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The first error counts. */
static void fail(struct reader *r, const char *format, ...)
{
    va_list ap;

    if (*r->error)
        return;
    va_start(ap, format);
    vsnprintf(r->error, r->error_size, format, ap);
    va_end(ap);
}

static struct token peek(const struct reader *r)
{
    struct token token = next_token(r->text, r->len, r->at);

    return token.begin < r->end ? token : (struct token){TOKEN_END, r->end, r->end};
}

static struct token pop(struct reader *r)
{
    struct token token = peek(r);

    r->at = token.end;
    return token;
}

static bool is(const struct reader *r, struct token token, char structure)
{
    return token.type == TOKEN_STRUCTURE && r->text[token.begin] == structure;
}

/* The code unit of \uXXXX, whose four digits begin at `at`, or -1. */
static long code_unit(const char *text, size_t at, size_t end)
{
    char hex[5] = "";

    for (unsigned i = 0; i < 4; i++) {
        if (at + i >= end || !isxdigit((unsigned char)text[at + i]))
            return -1;
        hex[i] = text[at + i];
    }
    return strtol(hex, NULL, 16);
}

static size_t put_utf8(char *out, long c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* A \u escape or a pair of them; *at is at its first digit. Return the bytes written, 0 if it is no
 * character. NUL is none here, because commands take strings that end with one. */
static size_t unicode(const char *text, size_t *at, size_t end, char *out)
{
    long c = code_unit(text, *at, end), low;

    *at += 4;
    if (c >= 0xd800 && c <= 0xdbff && *at + 6 <= end && text[*at] == '\\' && text[*at + 1] == 'u') {
        low = code_unit(text, *at + 2, end);
        c = low >= 0xdc00 && low <= 0xdfff ? 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff)) : -1;
        *at += 6;
    }
    return c <= 0 || (c >= 0xd800 && c <= 0xdfff) ? 0 : put_utf8(out, c);
}

static json_t *parse_string(struct reader *r, struct token token)
{
    static const char from[] = "\"'\\/bfnrt", to[] = "\"'\\/\b\f\n\r\t";
    const char *text = r->text, *found;
    size_t at = token.begin + 1, end = token.end - 1, len = 0, begin, n;
    char *out = malloc(token.end - token.begin);
    json_t *value = NULL;

    while (out && at < end) {
        if (text[at] != '\\') {
            out[len++] = text[at++];
            continue;
        }
        begin = at;
        found = strchr(from, text[at + 1]);
        at += 2;
        if (found) {
            out[len++] = to[found - from];
        } else if (text[at - 1] == 'u') {
            n = unicode(text, &at, end, out + len);
            len += n;
            if (!n) {
                fail(r, "%.*s is not a valid Unicode character",
                     (int)((at < end ? at : end) - begin), text + begin);
                goto out;
            }
        } else {
            fail(r, "invalid escape sequence in string");
            goto out;
        }
    }
    value = out ? json_stringn(out, len) : NULL;
    if (!value)
        fail(r, out ? "invalid UTF-8 sequence in string" : "out of memory");
out:
    free(out);
    return value;
}

static json_t *parse_number(const struct reader *r, struct token token)
{
    char text[64];
    size_t len = token.end - token.begin;
    long long number;
    unsigned long long positive;

    if (len >= sizeof(text))
        return json_real(0); /* no parameter takes one */
    memcpy(text, r->text + token.begin, len);
    text[len] = '\0';
    errno = 0;
    number = strtoll(text, NULL, 10);
    if (token.type == TOKEN_INTEGER && !errno)
        return json_integer(number);
    errno = 0;
    positive = strtoull(text, NULL, 10);
    if (token.type == TOKEN_INTEGER && !errno && *text != '-')
        return json_integer((json_int_t)positive);
    return json_real(strtod(text, NULL));
}

static json_t *parse_keyword(struct reader *r, struct token token)
{
    const char *word = r->text + token.begin;
    const int len = (int)(token.end - token.begin);

    if (len == 4 && !memcmp(word, "true", 4))
        return json_true();
    if (len == 5 && !memcmp(word, "false", 5))
        return json_false();
    if (len == 4 && !memcmp(word, "null", 4))
        return json_null();
    fail(r, "invalid keyword '%.*s'", len > 64 ? 64 : len, word);
    return NULL;
}

static json_t *parse_value(struct reader *r);

static bool parse_pair(struct reader *r, json_t *object)
{
    json_t *key, *value = NULL;
    bool ok = false;

    if (peek(r).type == TOKEN_END)
        fail(r, "premature EOI");
    key = parse_value(r);
    if (!json_is_string(key))
        fail(r, "key is not a string in object");
    else if (!is(r, pop(r), ':'))
        fail(r, "missing : in object pair");
    else if (!(value = parse_value(r)))
        fail(r, "Missing value in dict");
    else if (json_object_get(object, json_string_value(key)))
        fail(r, "duplicate key");
    else
        ok = !json_object_set(object, json_string_value(key), value);
    json_decref(value);
    json_decref(key);
    return ok;
}

/* An object or an array; its bracket is read. */
static json_t *parse_container(struct reader *r, bool object)
{
    const char close = object ? '}' : ']';
    json_t *container = object ? json_object() : json_array(), *value;
    struct token token;

    if (is(r, peek(r), close)) {
        pop(r);
        return container;
    }
    do {
        if (object) {
            if (!parse_pair(r, container))
                goto failed;
        } else {
            value = parse_value(r);
            if (!value || json_array_append_new(container, value)) {
                fail(r, "expecting value");
                goto failed;
            }
        }
        token = pop(r);
    } while (is(r, token, ','));
    if (is(r, token, close))
        return container;
    fail(r, token.type == TOKEN_END ? "premature EOI"
            : object                ? "expected separator in dict"
                                    : "expected separator in list");
failed:
    json_decref(container);
    return NULL;
}

static json_t *parse_value(struct reader *r)
{
    struct token token = pop(r);

    if (is(r, token, '{') || is(r, token, '['))
        return parse_container(r, r->text[token.begin] == '{');
    switch (token.type) {
    case TOKEN_STRING:
        return parse_string(r, token);
    case TOKEN_INTEGER:
    case TOKEN_FLOAT:
        return parse_number(r, token);
    case TOKEN_KEYWORD:
        return parse_keyword(r, token);
    case TOKEN_END:
        fail(r, "premature EOI");
        return NULL;
    default:
        fail(r, "expecting value");
        return NULL;
    }
}

/* --- the stream --- */

/* After a stray byte the next structure character or control character begins something new. */
static size_t recover(const char *text, size_t len, size_t at)
{
    while (at < len && !is_structure(text[at]) && text[at] != '\n' && text[at] != '\r' &&
           (unsigned char)text[at] < 0xfe)
        at++;
    return at;
}

/* Bytes that are no UTF-8 would be no JSON in the answer. */
static void say_stray(struct json_read *result, const char *text, struct token token)
{
    size_t used =
        (size_t)snprintf(result->error, sizeof(result->error), "JSON parse error, stray '");

    for (size_t at = token.begin; at < token.end && used < 160; at++) {
        const unsigned char c = (unsigned char)text[at];

        if (c < 0x80 && c)
            result->error[used++] = (char)c;
        else
            used += put_utf8(result->error + used, 0xfffd);
    }
    snprintf(result->error + used, sizeof(result->error) - used, "'");
}

/* Find the end of the value, where its brackets are balanced or one too many is closed. 0: it is not
 * complete, or an error is set. */
static size_t scan(const char *text, size_t len, struct json_read *result)
{
    long braces = 0, brackets = 0;
    size_t at = 0;

    for (;;) {
        struct token token = next_token(text, len, at);
        const char c = token.type == TOKEN_STRUCTURE ? text[token.begin] : 0;

        if (token.type == TOKEN_END || token.type == TOKEN_MORE)
            return 0;
        at = token.end;
        if (token.type == TOKEN_STRAY) {
            say_stray(result, text, token);
            result->used = recover(text, len, at);
            return 0;
        }
        braces += (c == '{') - (c == '}');
        brackets += (c == '[') - (c == ']');
        if (braces + brackets > JSON_READ_DEPTH_MAX) {
            snprintf(result->error, sizeof(result->error), "JSON nesting depth limit exceeded");
            result->used = at;
            return 0;
        }
        if (braces < 0 || brackets < 0 || (braces == 0 && brackets == 0))
            return at;
    }
}

void json_read(const char *text, size_t len, struct json_read *result)
{
    char why[160] = "";
    struct reader r = {.text = text, .len = len, .error = why, .error_size = sizeof(why)};

    *result = (struct json_read){0};
    r.end = scan(text, len, result);
    if (!r.end)
        return;
    result->used = r.end;
    result->value = parse_value(&r);
    if (!result->value)
        snprintf(result->error, sizeof(result->error), "JSON parse error, %s",
                 *why ? why : "out of memory");
}
