// A library with libopae-c's functions and one accelerator that behaves as its VFIO plugin does, defects and all: numbers
// are pointers that are believed, lengths are rounded up, the first address is 0, registers are not checked. Where the
// real one would corrupt memory or crash, this one aborts, which fails the test.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { OK, INVALID_PARAM, BUSY, EXCEPTION, NOT_FOUND, NO_MEMORY, NOT_SUPPORTED };
enum { PREALLOCATED = 1, KIB4 = 4096, MIB2 = 2 << 20 };

struct buffer { uint64_t magic; void *address; uint64_t length; uint64_t iova; struct buffer *next; };
struct token { uint64_t magic; };
struct handle { uint64_t magic; };
struct event { uint64_t magic; int fd; };

static struct handle device;
static struct buffer *buffers;
static uint64_t next_iova;
static int interface = 1; // VFIO
static int live_tokens, live_events, prepared, resets;
static int refusal; // what fpgaPrepareBuffer answers, when not 0
static int probe, address_refusal, release_refusal; // the same for its probe, fpgaGetIOAddress and fpgaReleaseBuffer
static int event_fd = -1;
static uint8_t registers[0x1000];

static void die(const char *what)
{
    fprintf(stderr, "fake libopae-c: %s\n", what);
    abort();
}

static void check(const void *object, uint64_t magic, const char *what)
{
    if (object == NULL || *(const uint64_t *)object != magic)
        die(what);
}

// For the test.
void fake_reset(int kind)
{
    interface = kind;
    refusal = probe = address_refusal = release_refusal = 0;
    next_iova = 0;
    resets = prepared = 0;
    memset(registers, 0, sizeof registers);
    uint64_t dfh = 0x1000010000000000u, low = 0xb94b12284c31e02bu, high = 0x56e203e9864f49a7u;
    memcpy(registers, &dfh, 8);
    memcpy(registers + 8, &low, 8);
    memcpy(registers + 16, &high, 8);
}
void fake_refuse(int result) { refusal = result; }
void fake_answer_probe(int result) { probe = result; }
void fake_refuse_address(int result) { address_refusal = result; }
void fake_refuse_release(int result) { release_refusal = result; }
int fake_live_tokens(void) { return live_tokens; }
int fake_live_events(void) { return live_events; }
int fake_prepared(void) { return prepared; }
int fake_resets(void) { return resets; }
int fake_is_open(void) { return device.magic == 'H'; }
void fake_fire(void) { uint64_t one = 1; if (write(event_fd, &one, 8) != 8) die("write"); }
int fake_live_buffers(void)
{
    int n = 0;
    for (struct buffer *b = buffers; b; b = b->next)
        n++;
    return n;
}

int fpgaEnumerate(const void **filters, uint32_t count, void **tokens, uint32_t max, uint32_t *matches)
{
    if (filters != NULL || count != 0 || matches == NULL)
        return INVALID_PARAM;
    *matches = 1;
    if (max > 0) {
        struct token *t = malloc(sizeof *t);
        t->magic = 'T';
        tokens[0] = t;
        live_tokens++;
    }
    return OK;
}

int fpgaDestroyToken(void **token)
{
    check(*token, 'T', "no token");
    ((struct token *)*token)->magic = 0;
    free(*token);
    *token = NULL;
    live_tokens--;
    return OK;
}

int fpgaGetProperties(void *token, void **properties)
{
    check(token, 'T', "no token");
    *properties = malloc(1);
    return OK;
}

int fpgaDestroyProperties(void **properties)
{
    free(*properties);
    *properties = NULL;
    return OK;
}

#define GETTER(name, type, value) \
    int fpgaPropertiesGet##name(void *p, type *out) { (void)p; *out = (type)(value); return OK; }
#define UNKNOWN(name) int fpgaPropertiesGet##name(void *p, void *out) { (void)p; (void)out; return NOT_FOUND; }

GETTER(ObjectType, uint32_t, 1)
GETTER(Interface, uint32_t, interface)
GETTER(Segment, uint16_t, 0xfffe)
GETTER(Bus, uint8_t, 3)
GETTER(Device, uint8_t, 4)
GETTER(Function, uint8_t, 5)
GETTER(VendorID, uint16_t, 0x8086)
GETTER(DeviceID, uint16_t, 0xbccf)
GETTER(SubsystemVendorID, uint16_t, 0x8086)
GETTER(SubsystemDeviceID, uint16_t, 0x1771)
GETTER(ObjectID, uint64_t, 0x123456789abcdef0u)
GETTER(AcceleratorState, uint32_t, device.magic == 'H' ? 0 : 1)
GETTER(NumMMIO, uint32_t, 1)
GETTER(NumInterrupts, uint32_t, 4)
UNKNOWN(SocketID)
UNKNOWN(NumErrors)
UNKNOWN(NumSlots)
UNKNOWN(BBSID)

int fpgaPropertiesGetGUID(void *p, uint8_t *guid)
{
    static const uint8_t id[16] = {
        0x56, 0xe2, 0x03, 0xe9, 0x86, 0x4f, 0x49, 0xa7, 0xb9, 0x4b, 0x12, 0x28, 0x4c, 0x31, 0xe0, 0x2b };
    (void)p;
    memcpy(guid, id, sizeof id);
    return OK;
}

int fpgaOpen(void *token, void **handle, int flags)
{
    check(token, 'T', "no token");
    (void)flags;
    if (device.magic == 'H')
        return BUSY;
    device.magic = 'H';
    *handle = &device;
    return OK;
}

int fpgaClose(void *handle)
{
    check(handle, 'H', "no handle");
    while (buffers) {
        struct buffer *b = buffers;
        buffers = b->next;
        free(b);
    }
    device.magic = 0;
    return OK;
}

int fpgaReset(void *handle)
{
    check(handle, 'H', "no handle");
    resets++;
    return OK;
}

int fpgaMapMMIO(void *handle, uint32_t number, uint64_t **place)
{
    check(handle, 'H', "no handle");
    if (place)
        *place = (uint64_t *)registers;
    return number == 0 ? OK : INVALID_PARAM;
}

static void *reg(void *handle, uint32_t number, uint64_t offset, uint64_t width)
{
    check(handle, 'H', "no handle");
    if (number != 0 || offset % width || offset > sizeof registers - width)
        die("an access that the real one would let through");
    return registers + offset;
}

int fpgaReadMMIO32(void *h, uint32_t n, uint64_t o, uint32_t *v) { memcpy(v, reg(h, n, o, 4), 4); return OK; }
int fpgaReadMMIO64(void *h, uint32_t n, uint64_t o, uint64_t *v) { memcpy(v, reg(h, n, o, 8), 8); return OK; }
int fpgaWriteMMIO32(void *h, uint32_t n, uint64_t o, uint32_t v) { memcpy(reg(h, n, o, 4), &v, 4); return OK; }
int fpgaWriteMMIO64(void *h, uint32_t n, uint64_t o, uint64_t v) { memcpy(reg(h, n, o, 8), &v, 8); return OK; }
int fpgaWriteMMIO512(void *h, uint32_t n, uint64_t o, const void *v) { memcpy(reg(h, n, o, 64), v, 64); return OK; }

int fpgaPrepareBuffer(void *handle, uint64_t length, void **address, uint64_t *wsid, int flags)
{
    check(handle, 'H', "no handle");
    if (wsid == NULL)
        return INVALID_PARAM;
    if (flags & PREALLOCATED && address == NULL && length == 0)
        return wsid == NULL ? INVALID_PARAM : probe;
    if (refusal)
        return refusal;
    if (!(flags & PREALLOCATED))
        die("memory of the library's own is not asked for");
    if (interface == 1 && length != KIB4 && length != MIB2 && length % (1u << 30))
        die("a length that the VFIO plugin would round up");
    if (interface == 1 && flags & ~PREALLOCATED)
        die("a flag that the VFIO plugin would ignore");
    for (struct buffer *b = buffers; b; b = b->next)
        if (b->address == *address)
            die("one address twice");
    struct buffer *b = malloc(sizeof *b);
    *b = (struct buffer){ 'B', *address, length, next_iova, buffers };
    buffers = b;
    next_iova += length;
    prepared++;
    *wsid = (uint64_t)(uintptr_t)b;
    return OK;
}

int fpgaReleaseBuffer(void *handle, uint64_t wsid)
{
    check(handle, 'H', "no handle");
    if (release_refusal)
        return release_refusal;
    for (struct buffer **b = &buffers; *b; b = &(*b)->next)
        if ((uint64_t)(uintptr_t)*b == wsid) {
            struct buffer *gone = *b;
            *b = gone->next;
            if (gone->iova == 0)
                next_iova = 0;
            gone->magic = 0;
            free(gone);
            return OK;
        }
    die("a number that is not live");
    return EXCEPTION;
}

int fpgaGetIOAddress(void *handle, uint64_t wsid, uint64_t *address)
{
    check(handle, 'H', "no handle");
    check((void *)(uintptr_t)wsid, 'B', "a number that is not live");
    if (address_refusal)
        return address_refusal;
    *address = ((struct buffer *)(uintptr_t)wsid)->iova;
    return OK;
}

int fpgaCreateEventHandle(void **event)
{
    struct event *e = malloc(sizeof *e);
    *e = (struct event){ 'E', -1 };
    *event = e;
    live_events++;
    return OK;
}

int fpgaDestroyEventHandle(void **event)
{
    check(*event, 'E', "no event");
    struct event *e = *event;
    if (e->fd >= 0)
        close(e->fd);
    e->magic = 0;
    free(e);
    *event = NULL;
    live_events--;
    return OK;
}

int fpgaRegisterEvent(void *handle, int type, void *event, uint32_t flags)
{
    check(handle, 'H', "no handle");
    check(event, 'E', "no event");
    if (type != 0 || flags >= 4)
        return EXCEPTION;
    event_fd = ((struct event *)event)->fd = eventfd(0, EFD_NONBLOCK);
    return OK;
}

int fpgaUnregisterEvent(void *handle, int type, void *event)
{
    check(handle, 'H', "no handle");
    check(event, 'E', "no event");
    (void)type;
    return OK;
}

int fpgaGetOSObjectFromEventHandle(void *event, int *fd)
{
    check(event, 'E', "no event");
    *fd = ((struct event *)event)->fd;
    return *fd < 0 ? INVALID_PARAM : OK;
}
