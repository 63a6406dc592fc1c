/* Prints what was written, byte for byte, in few words. */
#include "shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool untouched(const void *start, size_t size)
{
    const unsigned char *bytes = start;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != UNTOUCHED)
            return false;
    return true;
}

uint64_t number_at(const void *bytes, size_t size)
{
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    switch (size) {
    case 1: return *(const unsigned char *)bytes;
    case 2: memcpy(&two, bytes, 2); return two;
    case 4: memcpy(&four, bytes, 4); return four;
    default: memcpy(&eight, bytes, 8); return eight;
    }
}

static int64_t signed_at(const void *bytes, size_t size)
{
    uint64_t number = number_at(bytes, size);
    return size == 4 ? (int32_t)(uint32_t)number : (int64_t)number;
}

static void print_quoted(const char *text, size_t length)
{
    putchar('"');
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < ' ' || c > '~' || c == '"' || c == '\\')
            printf("\\x%02x", c);
        else
            putchar(c);
    }
    putchar('"');
}

/* What the buffer says, how long that is, and how many bytes were written into it. */
static void print_text(const unsigned char *bytes, size_t length)
{
    const unsigned char *end = memchr(bytes, 0, length);
    size_t written = length;
    while (written > 0 && bytes[written - 1] == UNTOUCHED)
        written--;
    if (written == 0) {
        fputs("untouched", stdout);
        return;
    }
    size_t text_length = end ? (size_t)(end - bytes) : written;
    print_quoted((const char *)bytes, text_length);
    printf("[%zu]%s wrote:%zu", text_length, end ? "" : " unterminated", written);
}

static void print_text_pointer(const void *bytes)
{
    const char *text;
    memcpy(&text, bytes, sizeof text);
    if (text)
        print_quoted(text, strlen(text));
    else
        fputs("NULL", stdout);
}

static void print_members(const struct shape *shape, const unsigned char *bytes)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct member *member = &shape->members[i];
        printf("%s%s:", i > 0 ? " " : "", member->name);
        if (member->shape.kind == TEXT || member->count == 1)
            print_value(&member->shape, bytes + member->offset, member->count);
        else
            print_array(&member->shape, bytes + member->offset, member->count);
    }
}

/* "[500 800 0*31]": equal neighbours once, with their number. */
void print_array(const struct shape *shape, const void *start, size_t count)
{
    const unsigned char *bytes = start;
    size_t size = shape->size;
    putchar('[');
    for (size_t i = 0, run; i < count; i += run) {
        for (run = 1; i + run < count && !memcmp(bytes + i * size, bytes + (i + run) * size, size);)
            run++;
        if (i > 0)
            putchar(' ');
        bool braces = shape->kind == STRUCT && !untouched(bytes + i * size, size);
        if (braces)
            putchar('{');
        print_value(shape, bytes + i * size, 1);
        if (braces)
            putchar('}');
        if (run > 1)
            printf("*%zu", run);
    }
    putchar(']');
}

void print_value(const struct shape *shape, const void *bytes, size_t count)
{
    if (shape->kind == TEXT) {
        print_text(bytes, count);
        return;
    }
    if (untouched(bytes, shape->size)) {
        fputs("untouched", stdout);
        return;
    }
    switch (shape->kind) {
    case HEX: printf("0x%" PRIx64, number_at(bytes, shape->size)); break;
    case SIGNED: printf("%" PRId64, signed_at(bytes, shape->size)); break;
    case REAL: {
        float real;
        memcpy(&real, bytes, sizeof real);
        printf("%.9g", (double)real);
        break;
    }
    case TEXT_POINTER: print_text_pointer(bytes); break;
    case HANDLE: fputs(number_at(bytes, shape->size) ? "set" : "0", stdout); break;
    case STRUCT: print_members(shape, bytes); break;
    default: printf("%" PRIu64, number_at(bytes, shape->size));
    }
}
