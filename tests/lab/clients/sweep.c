/* Asks every function of rocm_smi.h in every odd way, one line an answer (see probe.h), for comparing two libraries.
 *
 * It leaves out each pointer, passes buffers and arrays that are too short, devices and enum values that do not exist,
 * and calls before rsmi_init and after rsmi_shut_down. An output that was left alone reads "untouched", one that was
 * written past its end, as the header that this was compiled with has it, reads "OVERRUN".
 *
 * Ids depend only on the machine: PLACE/FUNCTION[/ARGUMENT...][/null:OUTPUT, /len:LENGTH, /room:ELEMENTS], PLACE being
 * before, init, sys, dev0, dev1, ..., dev-n (one beyond the last), dev-max (0xFFFFFFFF) or after. Besides there are
 * PLACE/story/NAME, several calls that need each other, and PLACE/supported, what the iterators say.
 *
 * Functions that set something are asked only where they cannot: without a device, and as an ordinary user.
 *
 * A function that the header has and the library has not is "not exported".
 *
 * Compiled with MEMCHECK it is for valgrind, and says UNDEFINED of an output that has bytes after the call to which
 * nobody ever gave a value; before it, all of them had one.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef MEMCHECK
#include <memcheck.h>
#endif

#include "probe.h"
#include "shape.h"
#include "sweep/functions.h"
#include "sweep/status.h"
#include "sweep/stories.h"
#include "sweep/supported.h"

enum {
    ROOM = 16384,        /* of each output; what the function may not touch is checked */
    PLAIN_LENGTH = 256,  /* of a text buffer, where the length is not the question */
    PLAIN_ELEMENTS = 64, /* of an array, likewise */
    LONGEST_ID = 200,
};

/* ------------------------------------------------------------------ asking one */

/* An output lives at the start of its own room, whose remainder is the guard. The union aligns it for every type. */
union room {
    unsigned char bytes[ROOM];
    uint64_t number;
    void *pointer;
};

struct answer {
    rsmi_status_t status;
    union room rooms[OUTPUTS];
};

enum { NONE_LEFT_OUT = 0, ALL_LEFT_OUT = -1 };

static int output_count(const struct question *question)
{
    int count = 0;
    while (count < OUTPUTS && question->outputs[count].shape)
        count++;
    return count;
}

/* The outputs whose bits are set in `left_out` are NULL. */
static void ask(const struct question *question, uint32_t device, const size_t pick[AXES], size_t length, int left_out,
                struct answer *answer)
{
    struct call call = {.device = device, .length = length};
    for (int i = 0; i < AXES; i++)
        if (question->axes[i])
            call.argument[i] = question->axes[i]->values[pick[i]].number;
    for (int i = 0; i < output_count(question); i++) {
        union room *room = &answer->rooms[i];
        memset(room, UNTOUCHED, sizeof *room);
        if (question->outputs[i].role == ROOM_IN) {
            memcpy(room, &(uint32_t){(uint32_t)length}, sizeof(uint32_t));
        } else if (question->outputs[i].role == COUNTERS) {
            for (uint32_t j = 0; j < counter_sets[call.argument[0]].count; j++)
                memcpy(room->bytes + j * sizeof(rsmi_utilization_counter_t), &counter_sets[call.argument[0]].types[j],
                       sizeof(uint32_t));
        }
        if (!(left_out & 1 << i))
            call.out[i] = room;
    }
    answer->status = question->function(&call);
}

/* The first byte of an output without a value, or -1; from here on they have one. */
static ptrdiff_t first_undefined(const unsigned char *bytes)
{
#ifdef MEMCHECK
    uintptr_t address = VALGRIND_CHECK_MEM_IS_DEFINED(bytes, ROOM);
    (void)VALGRIND_MAKE_MEM_DEFINED(bytes, ROOM);
    return address ? (ptrdiff_t)(address - (uintptr_t)bytes) : -1;
#else
    (void)bytes;
    return -1;
#endif
}

static void print_answer(const struct question *question, const size_t pick[AXES], size_t length,
                         const struct answer *answer)
{
    print_status(answer->status);
    for (int i = 0; i < output_count(question); i++) {
        const struct output *output = &question->outputs[i];
        const unsigned char *bytes = answer->rooms[i].bytes;
        size_t elements = output->role == MANY       ? length
                          : output->role == COUNTERS ? counter_sets[pick[0]].count
                          : output->shape->kind == TEXT ? length
                                                        : 1;
        size_t size = elements * output->shape->size;
        ptrdiff_t undefined = first_undefined(bytes);
        printf(" %s=", output->name);
        if (output->role == MANY || output->role == COUNTERS)
            print_array(output->shape, bytes, elements);
        else
            print_value(output->shape, bytes, elements);
        if (!untouched(bytes + size, ROOM - size))
            fputs(" OVERRUN", stdout);
        if (undefined >= 0)
            printf(" UNDEFINED from byte %td", undefined);
    }
}

/* ------------------------------------------------------------------ every way to ask */

/* Where a question is asked. Where there is no device, one value of each argument is enough. */
struct place {
    const char *name;
    uint32_t device;
    bool exists;
    bool plain; /* with all outputs only */
};

struct way {
    size_t pick[AXES];
    size_t length;
    bool from_exact; /* the length is more or less than what the whole answer needs */
    int left_out;
};

/* The length that the whole answer needs; where there is none, any that is not tried otherwise will do. */
static size_t exact_length(const struct place *place, const struct question *question, const size_t pick[AXES])
{
    static struct answer whole;
    if (question->outputs[0].role == ROOM_IN) {
        ask(question, place->device, pick, 0, 1 << 1, &whole);
        uint64_t count = number_at(whole.rooms[0].bytes, sizeof(uint32_t));
        return whole.status == RSMI_STATUS_SUCCESS && count > 0 && count < PLAIN_ELEMENTS ? count : 8;
    }
    ask(question, place->device, pick, PLAIN_LENGTH, NONE_LEFT_OUT, &whole);
    return whole.status == RSMI_STATUS_SUCCESS ? strlen((const char *)whole.rooms[0].bytes) + 1 : 8;
}

static void probe(const struct place *place, const struct question *question, const struct way *way, const char *how)
{
    static struct answer answer;
    char id[LONGEST_ID];
    int used = snprintf(id, sizeof id, "%s/%s", place->name, question->name);
    for (int i = 0; i < AXES; i++)
        if (question->axes[i])
            used += snprintf(id + used, sizeof id - (size_t)used, "/%s", question->axes[i]->values[way->pick[i]].name);
    snprintf(id + used, sizeof id - (size_t)used, "%s", how);

    if (!begin_probe(id))
        return;
    if (question->symbol) {
        size_t length = way->length;
        if (way->from_exact)
            length += exact_length(place, question, way->pick);
        ask(question, place->device, way->pick, length, way->left_out, &answer);
        print_answer(question, way->pick, length, &answer);
    } else {
        fputs("not exported", stdout);
    }
    end_probe();
}

static void probe_lengths(const struct place *place, const struct question *question, const char *word)
{
    static const struct {
        const char *name;
        bool from_exact;
        int length;
    } lengths[] = {
        {"0", false, 0},       {"1", false, 1},     {"2", false, 2},       {"4", false, 4},
        {"exact-1", true, -1}, {"exact", true, 0},  {"exact+1", true, 1},
    };
    for (size_t i = 0; i < COUNT(lengths); i++) {
        char how[LONGEST_ID];
        struct way way = {.length = (size_t)lengths[i].length, .from_exact = lengths[i].from_exact};
        snprintf(how, sizeof how, "/%s:%s", word, lengths[i].name);
        probe(place, question, &way, how);
    }
}

static size_t axis_size(const struct question *question, int axis, bool once)
{
    return question->axes[axis] && !once ? question->axes[axis]->count : 1;
}

static void probe_question(const struct place *place, const struct question *question)
{
    bool text = question->outputs[0].shape == &TEXT_BUFFER;
    bool array = question->outputs[0].role == ROOM_IN;
    int outputs = output_count(question);
    struct way way = {.length = array ? PLAIN_ELEMENTS : PLAIN_LENGTH};

    for (way.pick[0] = 0; way.pick[0] < axis_size(question, 0, !place->exists); way.pick[0]++) {
        for (way.pick[1] = 0; way.pick[1] < axis_size(question, 1, !place->exists); way.pick[1]++) {
            way.left_out = NONE_LEFT_OUT;
            probe(place, question, &way, "");
            if (place->plain)
                continue;
            for (int i = 0; i < outputs; i++) {
                char how[LONGEST_ID];
                way.left_out = 1 << i;
                snprintf(how, sizeof how, "/null:%s", question->outputs[i].name);
                probe(place, question, &way, how);
            }
            way.left_out = ALL_LEFT_OUT;
            if (outputs > 1)
                probe(place, question, &way, "/null:all");
        }
    }
    if (place->exists && text)
        probe_lengths(place, question, "len");
    if (place->exists && array)
        probe_lengths(place, question, "room");
}

/* ------------------------------------------------------------------ stories and iterators */

static void probe_story(const struct place *place, const struct story *story)
{
    char id[LONGEST_ID];
    snprintf(id, sizeof id, "%s/story/%s", place->name, story->name);
    if (!begin_probe(id))
        return;
    if (story->symbol)
        story->tell(place->device);
    else
        fputs("not exported", stdout);
    end_probe();
}

static void probe_listed(const struct place *place, const struct question *questions, size_t count, bool *listed)
{
    for (size_t i = 0; i < count; i++) {
        char id[LONGEST_ID];
        snprintf(id, sizeof id, "%s/supported/%s", place->name, questions[i].name);
        if (!begin_probe(id))
            continue;
        if (!*listed)
            list_functions(place->device);
        *listed = true;
        const char *variants = listed_variants(questions[i].name);
        printf(variants ? "yes [%s]" : "no", variants);
        end_probe();
    }
}

static void probe_supported(const struct place *place)
{
    char id[LONGEST_ID];
    bool listed = false;
    snprintf(id, sizeof id, "%s/supported", place->name);
    if (begin_probe(id)) {
        list_functions(place->device);
        listed = true;
        step("end", listing.status);
        for (size_t i = 0; i < listing.count; i++)
            printf("%s ", listing.functions[i].name);
        end_probe();
    }
    probe_listed(place, system_questions, COUNT(system_questions), &listed);
    probe_listed(place, device_questions, COUNT(device_questions), &listed);
    probe_listed(place, setters, COUNT(setters), &listed);
}

/* ------------------------------------------------------------------ all places */

static void probe_system(const char *name)
{
    struct place place = {.name = name, .exists = true};
    for (size_t i = 0; i < COUNT(system_questions); i++)
        probe_question(&place, &system_questions[i]);
    for (size_t i = 0; i < COUNT(system_stories); i++)
        probe_story(&place, &system_stories[i]);
}

static void probe_device(const char *name, uint32_t device, bool exists)
{
    struct place place = {.name = name, .device = device, .exists = exists, .plain = device == UINT32_MAX};
    for (size_t i = 0; i < COUNT(device_questions); i++)
        probe_question(&place, &device_questions[i]);
    if (!exists || geteuid() != 0)
        for (size_t i = 0; i < COUNT(setters); i++)
            probe_question(&place, &setters[i]);
    for (size_t i = 0; i < COUNT(device_stories); i++)
        probe_story(&place, &device_stories[i]);
    if (exists)
        probe_supported(&place);
}

/* What rsmi_init and rsmi_shut_down do in sequence: i, s and n stand for init, shut_down and num_monitor_devices. Each
 * sequence leaves the library shut down. */
static void probe_sequences(void)
{
    static const struct {
        const char *id;
        uint64_t flags;
        const char *steps;
    } sequences[] = {
        {"init/shut-down-alone", 0, "nss"},
        {"init/flags=0", 0, "inssn"},
        {"init/flags=ALL_GPUS", RSMI_INIT_FLAG_ALL_GPUS, "inss"},
        /* Without a name in ROCm 5. */
        {"init/flags=THRAD_ONLY_MUTEX", UINT64_C(0x400000000000000), "inss"},
        {"init/flags=RESRV_TEST1", RSMI_INIT_FLAG_RESRV_TEST1, "inss"},
        {"init/flags=unknown", UINT64_C(1) << 40, "inss"},
        {"init/twice", 0, "iinsnsns"},
        {"init/again", 0, "insinsinss"},
    };
    for (size_t i = 0; i < COUNT(sequences); i++) {
        if (!begin_probe(sequences[i].id))
            continue;
        for (const char *what = sequences[i].steps; *what; what++) {
            if (*what == 'n') {
                uint32_t count = UINT32_MAX;
                step("devices", rsmi_num_monitor_devices(&count));
                printf("(%" PRId32 ") ", (int32_t)count);
            } else {
                bool init = *what == 'i';
                step(init ? "init" : "shut_down", init ? rsmi_init(sequences[i].flags) : rsmi_shut_down());
            }
        }
        end_probe();
    }
}

static uint32_t count_devices(void)
{
    uint32_t count = 0;
    if (rsmi_num_monitor_devices(&count) != RSMI_STATUS_SUCCESS)
        return 0;
    return count < MOST_DEVICES ? count : MOST_DEVICES;
}

static void probe_all(void)
{
    set_status_codes();
    set_processes();
    set_destinations(1);
    probe_system("before");
    probe_device("before", 0, false);
    probe_sequences();

    bool first = begin_probe("sys/rsmi_init");
    rsmi_status_t status = rsmi_init(0);
    if (first) {
        print_status(status);
        end_probe();
    }
    checkpoint();
    uint32_t count = count_devices();
    set_destinations(count);
    probe_system("sys");
    for (uint32_t i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "dev%" PRIu32, i);
        probe_device(name, i, true);
    }
    probe_device("dev-n", count, false);
    probe_device("dev-max", UINT32_MAX, false);

    bool last = begin_probe("sys/rsmi_shut_down");
    status = rsmi_shut_down();
    if (last) {
        print_status(status);
        end_probe();
    }
    checkpoint();
    set_destinations(1);
    probe_system("after");
    probe_device("after", 0, false);
}

int main(int argc, char **argv)
{
#ifdef MEMCHECK
    if (!RUNNING_ON_VALGRIND) {
        fputs("this is for valgrind\n", stderr);
        return EXIT_FAILURE;
    }
#endif
    return ask_probes(argc, argv, probe_all);
}
