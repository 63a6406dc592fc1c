/* What a function writes through a pointer: described once, then printed exactly, with what was left alone. */
#ifndef SHAPE_H
#define SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every output is filled with this before the call; what still holds it afterwards reads "untouched". */
enum { UNTOUCHED = 0xA5 };

enum kind {
    DECIMAL,
    SIGNED,
    HEX,
    REAL,
    TEXT,         /* an array of char, as long as the caller says */
    TEXT_POINTER, /* a pointer to a constant text */
    HANDLE,       /* a number or pointer that means something to the library alone */
    STRUCT,
};

struct shape {
    enum kind kind;
    size_t size;
    const struct member *members;
    size_t member_count;
};

struct member {
    const char *name;
    struct shape shape;
    size_t offset;
    size_t count; /* more than 1 in an array */
};

/* The members of a struct; an array is printed element by element. */
#define SIZE_OF(type, name) sizeof(((type *)0)->name)
#define MEMBER_AS(type, name, kind) {#name, {kind, SIZE_OF(type, name), NULL, 0}, offsetof(type, name), 1}
#define MEMBER(type, name) MEMBER_AS(type, name, DECIMAL)
#define ARRAY(type, name)                                                                      \
    {#name, {DECIMAL, SIZE_OF(type, name[0]), NULL, 0}, offsetof(type, name),                  \
     SIZE_OF(type, name) / SIZE_OF(type, name[0])}
#define NESTED(type, name, shape_members)                                                      \
    {#name, {STRUCT, SIZE_OF(type, name[0]), shape_members, COUNT(shape_members)}, offsetof(type, name), \
     SIZE_OF(type, name) / SIZE_OF(type, name[0])}
#define STRUCT_OF(type, members) {STRUCT, sizeof(type), members, COUNT(members)}
#define COUNT(array) (sizeof(array) / sizeof *(array))

bool untouched(const void *start, size_t size);
uint64_t number_at(const void *bytes, size_t size);

/* Prints one value of this shape. For TEXT, `count` is the length of the buffer, else the number of elements. */
void print_value(const struct shape *shape, const void *bytes, size_t count);
void print_array(const struct shape *shape, const void *bytes, size_t count);

#endif
