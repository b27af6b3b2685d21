/* A NIC for tests under the system's own libibverbs: the driver "fake", of PABI 34 (rdma-core 22 to 50).
 *
 * Preloaded (LD_PRELOAD) it also stands for the kernel: the device node, the command that makes a completion channel,
 * and an RDMA netlink that is not there, so that libibverbs looks into SYSFS_PATH. Loaded again by IBV_DRIVERS it is the
 * same library. Queue pairs reach each other inside of the process; work is executed in the post. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <infiniband/verbs.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST 1024
#define DM_SIZE 4096
#define MOST_INLINE 100
#define MOST_SGE 4

/* ---- What libibverbs keeps private, for PABI 34. ---- */

struct link { struct link *next, *previous; };

struct sysfs_device {
    struct link entry;
    void *provider_data;
    const void *match;
    unsigned int flags;
    char uverbs_name[64];
    dev_t cdev;
    char name[64];
    /* the rest is not looked at */
};

struct nic_device {
    struct ibv_device device;
    const void *ops;
    atomic_int references;
    struct link entry;
    struct sysfs_device *sysfs;
    uint64_t core_support;
};

struct driver_ops {
    const char *name;
    uint32_t least_abi, most_abi;
    const void *match_table;
    const void **static_providers;
    bool (*match)(struct sysfs_device *);
    struct verbs_context *(*open)(struct ibv_device *, int, void *);
    void *(*import)(struct ibv_device *, int);
    struct nic_device *(*make)(struct sysfs_device *);
    void (*drop)(struct nic_device *);
};

/* The places of the driver's functions, by name in the order of the alphabet. */
enum slot {
    ADVISE_MR, ALLOC_DM, ALLOC_MW, ALLOC_NULL_MR, ALLOC_PARENT_DOMAIN, ALLOC_PD, ALLOC_TD, ASYNC_EVENT,
    ATTACH_COUNTERS_POINT_FLOW, ATTACH_MCAST, BIND_MW, CLOSE_XRCD, CQ_EVENT, CREATE_AH, CREATE_COUNTERS, CREATE_CQ,
    CREATE_CQ_EX, CREATE_FLOW, CREATE_FLOW_ACTION_ESP, CREATE_QP, CREATE_QP_EX, CREATE_RWQ_IND_TABLE, CREATE_SRQ,
    CREATE_SRQ_EX, CREATE_WQ, DEALLOC_MW, DEALLOC_PD, DEALLOC_TD, DEREG_MR, DESTROY_AH, DESTROY_COUNTERS, DESTROY_CQ,
    DESTROY_FLOW, DESTROY_FLOW_ACTION, DESTROY_QP, DESTROY_RWQ_IND_TABLE, DESTROY_SRQ, DESTROY_WQ, DETACH_MCAST,
    FREE_CONTEXT, FREE_DM, GET_SRQ_NUM, IMPORT_DM, IMPORT_MR, IMPORT_PD, MODIFY_CQ, MODIFY_FLOW_ACTION_ESP, MODIFY_QP,
    MODIFY_QP_RATE_LIMIT, MODIFY_SRQ, MODIFY_WQ, OPEN_QP, OPEN_XRCD, POLL_CQ, POST_RECV, POST_SEND, POST_SRQ_OPS,
    POST_SRQ_RECV, QUERY_DEVICE_EX, QUERY_ECE, QUERY_PORT, QUERY_QP, QUERY_QP_DATA_IN_ORDER, QUERY_RT_VALUES, QUERY_SRQ,
    READ_COUNTERS, REG_DM_MR, REG_DMABUF_MR, REG_MR, REQ_NOTIFY_CQ, REREG_MR, RESIZE_CQ, SET_ECE, UNIMPORT_DM,
    UNIMPORT_MR, UNIMPORT_PD, SLOTS
};

void verbs_register_driver_34(const struct driver_ops *);
void *_verbs_init_and_alloc_context(struct ibv_device *, int, size_t, void *, uint32_t);
void verbs_set_ops(struct verbs_context *, const void *);
void verbs_uninit_context(struct verbs_context *);

/* ---- Objects. ---- */

struct nic_mr { struct ibv_mr mr; int type, access; /* private to libibverbs up to here */ char *host; uint64_t base; };
struct nic_dm { struct ibv_dm dm; int regions; char *bytes; size_t length; };
struct nic_cq { struct ibv_cq cq; char room[256]; int armed, head, count, capacity; struct ibv_wc *ring; };
struct receive { uint64_t id; struct ibv_sge list[MOST_SGE]; int count; };
struct receives { struct receive *ring; int head, count, capacity; };
struct nic_srq { struct ibv_srq srq; struct receives receives; struct ibv_srq_attr attr; };
struct nic_qp {
    struct ibv_qp_ex ex;
    char room[64];
    struct ibv_qp_attr attr;
    struct ibv_qp_init_attr init;
    struct receives receives;
    /* the batch of ibv_wr_*: requests that wait for wr_complete */
    struct ibv_send_wr batch[64];
    struct ibv_sge lists[64][MOST_SGE];
    char inline_bytes[64][MOST_INLINE + 28];
    int batched;
    int failure;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct nic_mr *regions[MOST];
static struct nic_qp *queue_pairs[MOST];
static int pipes[MOST]; /* by the reading end */
static size_t dm_used;
static int counts[4];

enum { OPENED, BATCHES, SINGLES, DMS };

/* What tests ask for: contexts, ibv_wr batches, lists that were posted, and pieces of device memory that are alive. */
int fakenic_count(int what) { return counts[what]; }

static void *make(size_t size) { return calloc(1, size); }

/* ---- Standing for the kernel. ---- */

static const char node[] = "/dev/infiniband/uverbs0";

static int pass_open(const char *path, int flags, mode_t mode)
{
    static int (*next)(const char *, int, ...);
    if (!next)
        next = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
    return next(strcmp(path, node) ? path : "/dev/null", flags, mode);
}

#define OPEN(name)                                    \
    int name(const char *path, int flags, ...)        \
    {                                                 \
        va_list list;                                 \
        va_start(list, flags);                        \
        mode_t mode = va_arg(list, mode_t);           \
        va_end(list);                                 \
        return pass_open(path, flags, mode);          \
    }
OPEN(open)
OPEN(open64)

#define STAT(name, type)                                                            \
    int name(const char *restrict path, type *restrict into)                        \
    {                                                                               \
        int (*next)(const char *, type *) = (int (*)(const char *, type *))dlsym(RTLD_NEXT, #name); \
        return next(strcmp(path, node) ? path : "/dev/null", into);                 \
    }
STAT(stat, struct stat)
STAT(stat64, struct stat64)

int socket(int domain, int type, int protocol)
{
    if (domain == AF_NETLINK && protocol == 20) {
        errno = EPROTONOSUPPORT; /* NETLINK_RDMA */
        return -1;
    }

    int (*next)(int, int, int) = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");
    return next(domain, type, protocol);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    static ssize_t (*next)(int, const void *, size_t);
    if (!next)
        next = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");

    /* IB_USER_VERBS_CMD_CREATE_COMP_CHANNEL: a header, then where the answer goes. */
    struct stat is;
    const unsigned *command = bytes;
    if (length == 16 && command[0] == 17 && command[1] == (4u | 1u << 16) && !fstat(fd, &is) && S_ISCHR(is.st_mode)) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) || ends[0] >= MOST)
            return -1;
        pipes[ends[0]] = ends[1];
        **(int **)(command + 2) = ends[0];
        return (ssize_t)length;
    }

    return next(fd, bytes, length);
}

/* ---- Moving bytes. ---- */

static char *reach(uint32_t key, uint64_t address, uint64_t length, int right)
{
    struct nic_mr *mr = key < MOST ? regions[key] : 0;
    if (!mr || (mr->access & right) != right || address < mr->base || length > mr->mr.length
        || address - mr->base > mr->mr.length - length)
        return 0;
    return mr->host + (address - mr->base);
}

static void complete(struct ibv_cq *queue, struct ibv_wc wc)
{
    struct nic_cq *cq = (struct nic_cq *)queue;
    if (cq->count == cq->capacity)
        return;
    cq->ring[(cq->head + cq->count++) % cq->capacity] = wc;
    if (cq->armed && queue->channel) {
        uint64_t name = (uintptr_t)queue;
        cq->armed = 0;
        if (write(pipes[queue->channel->fd], &name, 8) != 8)
            abort();
    }
}

static int take(struct receives *from, struct receive *into)
{
    if (!from->count)
        return 0;
    *into = from->ring[from->head];
    from->head = (from->head + 1) % from->capacity;
    from->count--;
    return 1;
}

static int give(struct receives *to, const struct ibv_recv_wr *wr)
{
    if (wr->num_sge > MOST_SGE)
        return EINVAL;
    if (to->count == to->capacity)
        return ENOMEM;
    struct receive *place = &to->ring[(to->head + to->count++) % to->capacity];
    place->id = wr->wr_id;
    place->count = wr->num_sge;
    memcpy(place->list, wr->sg_list, sizeof(struct ibv_sge) * (size_t)wr->num_sge);
    return 0;
}

/* Between a list of elements and straight memory. */
static int move(const struct ibv_sge *list, int count, int is_inline, char *straight, uint64_t room, int gather)
{
    for (int i = 0; i < count; i++) {
        uint64_t part = list[i].length < room ? list[i].length : room;
        char *place = is_inline ? (char *)(uintptr_t)list[i].addr
                                : reach(list[i].lkey, list[i].addr, part, gather ? 0 : IBV_ACCESS_LOCAL_WRITE);
        if (!place)
            return IBV_WC_LOC_PROT_ERR;
        if (gather)
            memcpy(straight, place, part);
        else
            memcpy(place, straight, part);
        straight += part;
        room -= part;
    }

    return IBV_WC_SUCCESS;
}

static uint64_t sum(const struct ibv_sge *list, int count)
{
    uint64_t total = 0;
    for (int i = 0; i < count; i++)
        total += list[i].length;
    return total;
}

static int deliver(struct nic_qp *to, struct nic_qp *from, char *bytes, uint64_t length, const struct ibv_send_wr *wr,
                   int with_data, enum ibv_wc_opcode opcode)
{
    struct receive into;
    struct receives *queue = to->init.srq ? &((struct nic_srq *)to->init.srq)->receives : &to->receives;
    if (!take(queue, &into))
        return IBV_WC_RNR_RETRY_EXC_ERR;
    struct ibv_wc wc = { .wr_id = into.id, .opcode = opcode, .qp_num = to->ex.qp_base.qp_num,
                         .src_qp = from->ex.qp_base.qp_num, .byte_len = (uint32_t)length };
    if (wr->opcode == IBV_WR_SEND_WITH_IMM || wr->opcode == IBV_WR_RDMA_WRITE_WITH_IMM) {
        wc.wc_flags |= IBV_WC_WITH_IMM;
        wc.imm_data = wr->imm_data;
    }

    int status = IBV_WC_SUCCESS;
    if (with_data)
        status = sum(into.list, into.count) < length ? IBV_WC_LOC_LEN_ERR : move(into.list, into.count, 0, bytes, length, 0);
    wc.status = (enum ibv_wc_status)status;
    complete(to->init.recv_cq, wc);
    return status == IBV_WC_SUCCESS ? status : IBV_WC_REM_OP_ERR;
}

static int execute(struct nic_qp *qp, const struct ibv_send_wr *wr)
{
    uint32_t number = qp->init.qp_type == IBV_QPT_UD ? wr->wr.ud.remote_qpn : qp->attr.dest_qp_num;
    struct nic_qp *peer = number < MOST ? queue_pairs[number] : 0;
    if (qp->attr.qp_state == IBV_QPS_ERR)
        return IBV_WC_WR_FLUSH_ERR;
    if (!peer)
        return IBV_WC_RETRY_EXC_ERR;
    int is_inline = (wr->send_flags & IBV_SEND_INLINE) != 0;
    uint64_t length = sum(wr->sg_list, wr->num_sge);
    char small[4096], *bytes = length <= sizeof small ? small : malloc(length), *place;
    int status = IBV_WC_SUCCESS;
    switch (wr->opcode) {
    case IBV_WR_SEND:
    case IBV_WR_SEND_WITH_IMM: {
        /* A datagram has 40 bytes in front. */
        uint64_t front = qp->init.qp_type == IBV_QPT_UD ? 40 : 0;
        char message[4096] = { 0 };
        char *all = front + length <= sizeof message ? message : calloc(1, front + length);
        status = move(wr->sg_list, wr->num_sge, is_inline, all + front, length, 1);
        if (!status)
            status = deliver(peer, qp, all, front + length, wr, 1, IBV_WC_RECV);
        if (all != message)
            free(all);
        break;
    }
    case IBV_WR_RDMA_WRITE:
    case IBV_WR_RDMA_WRITE_WITH_IMM:
        place = reach(wr->wr.rdma.rkey, wr->wr.rdma.remote_addr, length, IBV_ACCESS_REMOTE_WRITE);
        status = !place && length ? IBV_WC_REM_ACCESS_ERR : move(wr->sg_list, wr->num_sge, is_inline, bytes, length, 1);
        if (!status && length)
            memcpy(place, bytes, length);
        if (!status && wr->opcode == IBV_WR_RDMA_WRITE_WITH_IMM)
            status = deliver(peer, qp, 0, length, wr, 0, IBV_WC_RECV_RDMA_WITH_IMM);
        break;
    case IBV_WR_RDMA_READ:
        place = reach(wr->wr.rdma.rkey, wr->wr.rdma.remote_addr, length, IBV_ACCESS_REMOTE_READ);
        if (place)
            memcpy(bytes, place, length);
        status = !place ? IBV_WC_REM_ACCESS_ERR : move(wr->sg_list, wr->num_sge, 0, bytes, length, 0);
        break;
    case IBV_WR_ATOMIC_CMP_AND_SWP:
    case IBV_WR_ATOMIC_FETCH_AND_ADD:
        place = reach(wr->wr.atomic.rkey, wr->wr.atomic.remote_addr, 8, IBV_ACCESS_REMOTE_ATOMIC);
        status = place ? IBV_WC_SUCCESS : IBV_WC_REM_ACCESS_ERR;
        if (place) {
            uint64_t old, value;
            memcpy(&old, place, 8);
            value = wr->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD ? old + wr->wr.atomic.compare_add
                : old == wr->wr.atomic.compare_add ? wr->wr.atomic.swap : old;
            memcpy(place, &value, 8);
            status = move(wr->sg_list, wr->num_sge, 0, (char *)&old, 8, 0);
        }
        break;
    default:
        status = IBV_WC_LOC_QP_OP_ERR;
    }

    if (bytes != small)
        free(bytes);
    return status;
}

static int run(struct nic_qp *qp, const struct ibv_send_wr *wr)
{
    static const enum ibv_wc_opcode opcodes[] = {
        [IBV_WR_RDMA_WRITE] = IBV_WC_RDMA_WRITE, [IBV_WR_RDMA_WRITE_WITH_IMM] = IBV_WC_RDMA_WRITE,
        [IBV_WR_SEND] = IBV_WC_SEND, [IBV_WR_SEND_WITH_IMM] = IBV_WC_SEND, [IBV_WR_RDMA_READ] = IBV_WC_RDMA_READ,
        [IBV_WR_ATOMIC_CMP_AND_SWP] = IBV_WC_COMP_SWAP, [IBV_WR_ATOMIC_FETCH_AND_ADD] = IBV_WC_FETCH_ADD,
    };
    if (wr->num_sge > (int)qp->init.cap.max_send_sge || wr->opcode > IBV_WR_ATOMIC_FETCH_AND_ADD
        || qp->attr.qp_state < IBV_QPS_RTS)
        return EINVAL;
    if ((wr->send_flags & IBV_SEND_INLINE) && sum(wr->sg_list, wr->num_sge) > qp->init.cap.max_inline_data)
        return EINVAL;
    struct nic_cq *cq = (struct nic_cq *)qp->init.send_cq;
    if (cq->count >= (int)qp->init.cap.max_send_wr)
        return ENOMEM;
    int status = execute(qp, wr);
    if (status != IBV_WC_SUCCESS)
        qp->attr.qp_state = qp->ex.qp_base.state = IBV_QPS_ERR;
    if (status != IBV_WC_SUCCESS || qp->init.sq_sig_all || (wr->send_flags & IBV_SEND_SIGNALED))
        complete(qp->init.send_cq, (struct ibv_wc){ .wr_id = wr->wr_id, .status = (enum ibv_wc_status)status,
            .opcode = opcodes[wr->opcode], .qp_num = qp->ex.qp_base.qp_num,
            .vendor_err = status == IBV_WC_SUCCESS ? 0 : 0x77 });
    return 0;
}

static int post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad)
{
    int result = 0;
    pthread_mutex_lock(&lock);
    counts[SINGLES]++;
    for (; wr && !result; wr = result ? wr : wr->next)
        if ((result = run((struct nic_qp *)qp, wr)))
            *bad = wr;
    pthread_mutex_unlock(&lock);
    return result;
}

static int post_all(struct receives *to, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
    int result = 0;
    pthread_mutex_lock(&lock);
    for (; wr && !result; wr = result ? wr : wr->next)
        if ((result = give(to, wr)))
            *bad = wr;
    pthread_mutex_unlock(&lock);
    return result;
}

static int post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
    return post_all(&((struct nic_qp *)qp)->receives, wr, bad);
}

static int post_srq_recv(struct ibv_srq *srq, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
    return post_all(&((struct nic_srq *)srq)->receives, wr, bad);
}

static int poll_cq(struct ibv_cq *queue, int room, struct ibv_wc *into)
{
    struct nic_cq *cq = (struct nic_cq *)queue;
    int taken = 0;
    pthread_mutex_lock(&lock);
    for (; taken < room && cq->count; taken++, cq->count--) {
        into[taken] = cq->ring[cq->head];
        cq->head = (cq->head + 1) % cq->capacity;
    }

    pthread_mutex_unlock(&lock);
    return taken;
}

static int req_notify_cq(struct ibv_cq *queue, int solicited)
{
    (void)solicited;
    pthread_mutex_lock(&lock);
    ((struct nic_cq *)queue)->armed = 1;
    pthread_mutex_unlock(&lock);
    return 0;
}

/* ---- ibv_wr_*. ---- */

#define QP(ex) ((struct nic_qp *)(ex))

static struct ibv_send_wr *last(struct ibv_qp_ex *ex) { return &QP(ex)->batch[QP(ex)->batched - 1]; }

static struct ibv_send_wr *next(struct ibv_qp_ex *ex, enum ibv_wr_opcode opcode)
{
    struct nic_qp *qp = QP(ex);
    if (qp->batched == 64) {
        qp->failure = ENOMEM;
        qp->batched--;
    }

    struct ibv_send_wr *wr = &qp->batch[qp->batched];
    memset(wr, 0, sizeof *wr);
    wr->sg_list = qp->lists[qp->batched++];
    wr->wr_id = ex->wr_id;
    wr->send_flags = ex->wr_flags;
    wr->opcode = opcode;
    return wr;
}

static void wr_start(struct ibv_qp_ex *ex)
{
    pthread_mutex_lock(&lock);
    QP(ex)->batched = QP(ex)->failure = 0;
}

static int wr_complete(struct ibv_qp_ex *ex)
{
    struct nic_qp *qp = QP(ex);
    counts[BATCHES]++;

    /* All or nothing. */
    struct nic_cq *cq = (struct nic_cq *)qp->init.send_cq;
    int result = qp->failure;
    if (!result && cq->count + qp->batched > (int)qp->init.cap.max_send_wr)
        result = ENOMEM;
    for (int i = 0; i < qp->batched && !result; i++)
        result = run(qp, &qp->batch[i]);
    pthread_mutex_unlock(&lock);
    return result;
}

static void wr_abort(struct ibv_qp_ex *ex) { (void)ex; pthread_mutex_unlock(&lock); }
static void wr_send(struct ibv_qp_ex *ex) { next(ex, IBV_WR_SEND); }
static void wr_send_imm(struct ibv_qp_ex *ex, __be32 imm) { next(ex, IBV_WR_SEND_WITH_IMM)->imm_data = imm; }

static void rdma(struct ibv_qp_ex *ex, enum ibv_wr_opcode opcode, uint32_t key, uint64_t address)
{
    struct ibv_send_wr *wr = next(ex, opcode);
    wr->wr.rdma.rkey = key;
    wr->wr.rdma.remote_addr = address;
}

static void wr_write(struct ibv_qp_ex *ex, uint32_t key, uint64_t address) { rdma(ex, IBV_WR_RDMA_WRITE, key, address); }
static void wr_read(struct ibv_qp_ex *ex, uint32_t key, uint64_t address) { rdma(ex, IBV_WR_RDMA_READ, key, address); }

static void wr_write_imm(struct ibv_qp_ex *ex, uint32_t key, uint64_t address, __be32 imm)
{
    rdma(ex, IBV_WR_RDMA_WRITE_WITH_IMM, key, address);
    last(ex)->imm_data = imm;
}

static void wr_swap(struct ibv_qp_ex *ex, uint32_t key, uint64_t address, uint64_t compare, uint64_t swap)
{
    struct ibv_send_wr *wr = next(ex, IBV_WR_ATOMIC_CMP_AND_SWP);
    wr->wr.atomic.rkey = key;
    wr->wr.atomic.remote_addr = address;
    wr->wr.atomic.compare_add = compare;
    wr->wr.atomic.swap = swap;
}

static void wr_add(struct ibv_qp_ex *ex, uint32_t key, uint64_t address, uint64_t add)
{
    wr_swap(ex, key, address, add, 0);
    last(ex)->opcode = IBV_WR_ATOMIC_FETCH_AND_ADD;
}

static void wr_sge(struct ibv_qp_ex *ex, uint32_t key, uint64_t address, uint32_t length)
{
    last(ex)->sg_list[0] = (struct ibv_sge){ address, length, key };
    last(ex)->num_sge = 1;
}

static void wr_sge_list(struct ibv_qp_ex *ex, size_t count, const struct ibv_sge *list)
{
    if (count > MOST_SGE) {
        QP(ex)->failure = EINVAL;
        return;
    }

    memcpy(last(ex)->sg_list, list, count * sizeof *list);
    last(ex)->num_sge = (int)count;
}

static void wr_inline_list(struct ibv_qp_ex *ex, size_t count, const struct ibv_data_buf *list)
{
    char *place = QP(ex)->inline_bytes[QP(ex)->batched - 1];
    size_t total = 0;
    for (size_t i = 0; i < count; total += list[i++].length) {
        if (total + list[i].length > MOST_INLINE) {
            QP(ex)->failure = EINVAL;
            return;
        }

        memcpy(place + total, list[i].addr, list[i].length);
    }

    wr_sge(ex, 0, (uintptr_t)place, (uint32_t)total); /* as rxe's: that it is inline, the flags must say */
}

static void wr_inline(struct ibv_qp_ex *ex, void *bytes, size_t length)
{
    struct ibv_data_buf one = { bytes, length };
    wr_inline_list(ex, 1, &one);
}

static void wr_ud(struct ibv_qp_ex *ex, struct ibv_ah *ah, uint32_t number, uint32_t key)
{
    last(ex)->wr.ud.ah = ah;
    last(ex)->wr.ud.remote_qpn = number;
    last(ex)->wr.ud.remote_qkey = key;
}

/* ---- Set-up. ---- */

static int query_device(struct ibv_context *context, const struct ibv_query_device_ex_input *input,
                        struct ibv_device_attr_ex *attr, size_t size)
{
    (void)context, (void)input;
    memset(attr, 0, size);
    struct ibv_device_attr *plain = &attr->orig_attr;
    strcpy(plain->fw_ver, "fake 1");
    plain->node_guid = 0x0807060504030201ull;
    plain->max_mr_size = 1ull << 40;
    plain->page_size_cap = 4096;
    plain->max_qp = plain->max_cq = plain->max_mr = plain->max_pd = plain->max_ah = MOST - 1;
    plain->max_qp_wr = plain->max_cqe = 4096;
    plain->max_sge = plain->max_sge_rd = MOST_SGE;
    plain->max_qp_rd_atom = plain->max_qp_init_rd_atom = 16;
    plain->atomic_cap = IBV_ATOMIC_HCA;
    plain->max_srq = 16;
    plain->max_srq_wr = 4096;
    plain->max_srq_sge = MOST_SGE;
    plain->max_pkeys = 1;
    plain->phys_port_cnt = 1;
    if (size >= 384)
        attr->max_dm_size = DM_SIZE;
    return 0;
}

static int query_port(struct ibv_context *context, uint8_t port, struct ibv_port_attr *attr)
{
    (void)context;
    if (port != 1)
        return EINVAL;
    attr->state = IBV_PORT_ACTIVE;
    attr->max_mtu = IBV_MTU_4096;
    attr->active_mtu = IBV_MTU_1024;
    attr->gid_tbl_len = 2;
    attr->pkey_tbl_len = 1;
    attr->max_msg_sz = 1u << 30;
    attr->link_layer = IBV_LINK_LAYER_ETHERNET;
    return 0;
}

static struct ibv_pd *alloc_pd(struct ibv_context *context)
{
    struct ibv_pd *pd = make(sizeof *pd);
    pd->context = context;
    return pd;
}

static int drop(void *object)
{
    free(object);
    return 0;
}

static struct ibv_mr *enter(struct ibv_pd *pd, char *host, size_t length, uint64_t base, int access)
{
    struct nic_mr *mr = make(sizeof *mr);
    pthread_mutex_lock(&lock);
    uint32_t key = 1;
    while (key < MOST && regions[key])
        key++;
    if (key < MOST)
        regions[key] = mr;
    pthread_mutex_unlock(&lock);
    if (key == MOST) {
        free(mr);
        errno = ENOMEM;
        return 0;
    }

    mr->mr = (struct ibv_mr){ .context = pd->context, .pd = pd, .addr = (void *)(uintptr_t)base, .length = length,
                              .handle = key, .lkey = key, .rkey = key };
    mr->type = 1; /* no business of fork's */
    mr->access = access;
    mr->host = host;
    mr->base = base;
    return &mr->mr;
}

static struct ibv_mr *reg_mr(struct ibv_pd *pd, void *address, size_t length, uint64_t iova, int access)
{
    return enter(pd, address, length, iova, access);
}

static int dereg_mr(struct nic_mr *mr)
{
    pthread_mutex_lock(&lock);
    regions[mr->mr.lkey] = 0;
    pthread_mutex_unlock(&lock);
    return drop(mr);
}

static int dm_check(struct ibv_dm *dm, uint64_t offset, size_t length)
{
    struct nic_dm *own = (struct nic_dm *)dm;
    if (offset > own->length || length > own->length - offset)
        return EFAULT;
    return offset % 4 || length % 4 ? EINVAL : 0;
}

static int dm_copy_to(struct ibv_dm *dm, uint64_t offset, const void *host, size_t length)
{
    int result = dm_check(dm, offset, length);
    if (!result)
        memcpy(((struct nic_dm *)dm)->bytes + offset, host, length);
    return result;
}

static int dm_copy_from(void *host, struct ibv_dm *dm, uint64_t offset, size_t length)
{
    int result = dm_check(dm, offset, length);
    if (!result)
        memcpy(host, ((struct nic_dm *)dm)->bytes + offset, length);
    return result;
}

static struct ibv_dm *alloc_dm(struct ibv_context *context, struct ibv_alloc_dm_attr *attr)
{
    if (attr->comp_mask || attr->log_align_req > 6 || dm_used + attr->length > DM_SIZE) {
        errno = attr->comp_mask || attr->log_align_req > 6 ? EINVAL : ENOMEM;
        return 0;
    }

    struct nic_dm *dm = make(sizeof *dm);
    dm->dm = (struct ibv_dm){ .context = context, .memcpy_to_dm = dm_copy_to, .memcpy_from_dm = dm_copy_from };
    dm->bytes = make(attr->length);
    dm->length = attr->length;
    dm_used += attr->length;
    counts[DMS]++;
    return &dm->dm;
}

static int free_dm(struct ibv_dm *dm)
{
    struct nic_dm *own = (struct nic_dm *)dm;
    for (int i = 0; i < MOST; i++)
        if (regions[i] && regions[i]->host >= own->bytes && regions[i]->host < own->bytes + own->length)
            return EBUSY;
    dm_used -= own->length;
    counts[DMS]--;
    free(own->bytes);
    return drop(own);
}

static struct ibv_mr *reg_dm_mr(struct ibv_pd *pd, struct ibv_dm *dm, uint64_t offset, size_t length, unsigned access)
{
    if (!(access & IBV_ACCESS_ZERO_BASED) || dm_check(dm, offset, length)) {
        errno = EINVAL;
        return 0;
    }

    return enter(pd, ((struct nic_dm *)dm)->bytes + offset, length, 0, (int)access);
}

static struct ibv_cq *create_cq(struct ibv_context *context, int entries, struct ibv_comp_channel *channel, int vector)
{
    (void)context, (void)channel, (void)vector;
    struct nic_cq *cq = make(sizeof *cq);
    cq->capacity = entries;
    cq->ring = make(sizeof *cq->ring * (size_t)entries);
    cq->cq.cqe = entries;
    return &cq->cq;
}

static int destroy_cq(struct ibv_cq *cq)
{
    free(((struct nic_cq *)cq)->ring);
    return drop(cq);
}

static void open_receives(struct receives *receives, uint32_t capacity)
{
    receives->capacity = (int)capacity;
    receives->ring = make(sizeof *receives->ring * (capacity ? capacity : 1));
}

static struct ibv_srq *create_srq(struct ibv_pd *pd, struct ibv_srq_init_attr *init)
{
    (void)pd;
    struct nic_srq *srq = make(sizeof *srq);
    init->attr.max_sge = MOST_SGE;
    srq->attr = init->attr;
    open_receives(&srq->receives, init->attr.max_wr);
    return &srq->srq;
}

static int modify_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr, int mask)
{
    struct nic_srq *own = (struct nic_srq *)srq;
    if (mask & IBV_SRQ_MAX_WR)
        return EOPNOTSUPP;
    own->attr.srq_limit = attr->srq_limit;
    return 0;
}

static int query_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr)
{
    *attr = ((struct nic_srq *)srq)->attr;
    return 0;
}

static int destroy_srq(struct ibv_srq *srq)
{
    free(((struct nic_srq *)srq)->receives.ring);
    return drop(srq);
}

static struct ibv_qp *new_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *init)
{
    if (init->cap.max_inline_data > MOST_INLINE) {
        errno = EINVAL;
        return 0;
    }

    struct nic_qp *qp = make(sizeof *qp);
    struct ibv_qp *plain = &qp->ex.qp_base;
    pthread_mutex_lock(&lock);
    uint32_t number = 2;
    while (number < MOST && queue_pairs[number])
        number++;
    if (number < MOST)
        queue_pairs[number] = qp;
    pthread_mutex_unlock(&lock);
    if (number == MOST) {
        free(qp);
        errno = ENOMEM;
        return 0;
    }

    init->cap.max_inline_data = MOST_INLINE;
    qp->init = *init;
    *plain = (struct ibv_qp){ .context = pd->context, .pd = pd, .send_cq = init->send_cq, .recv_cq = init->recv_cq,
                              .srq = init->srq, .handle = number, .qp_num = number, .qp_type = init->qp_type };
    open_receives(&qp->receives, init->cap.max_recv_wr);
    return plain;
}

static struct ibv_qp *create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *init) { return new_qp(pd, init); }

static struct ibv_qp *create_qp_ex(struct ibv_context *context, struct ibv_qp_init_attr_ex *init)
{
    (void)context;
    if (getenv("FAKENIC_PLAIN")) {
        errno = EOPNOTSUPP;
        return 0;
    }

    if (!(init->comp_mask & IBV_QP_INIT_ATTR_PD) || init->comp_mask & ~(uint32_t)(IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS)) {
        errno = EINVAL;
        return 0;
    }

    struct ibv_qp *plain = new_qp(init->pd, (struct ibv_qp_init_attr *)init);
    if (!plain || !(init->comp_mask & IBV_QP_INIT_ATTR_SEND_OPS_FLAGS))
        return plain;
    struct ibv_qp_ex *ex = (struct ibv_qp_ex *)plain;
    ex->wr_atomic_cmp_swp = wr_swap;
    ex->wr_atomic_fetch_add = wr_add;
    ex->wr_rdma_read = wr_read;
    ex->wr_rdma_write = wr_write;
    ex->wr_rdma_write_imm = wr_write_imm;
    ex->wr_send = wr_send;
    ex->wr_send_imm = wr_send_imm;
    ex->wr_set_ud_addr = wr_ud;
    ex->wr_set_inline_data = wr_inline;
    ex->wr_set_inline_data_list = wr_inline_list;
    ex->wr_set_sge = wr_sge;
    ex->wr_set_sge_list = wr_sge_list;
    ex->wr_start = wr_start;
    ex->wr_complete = wr_complete;
    ex->wr_abort = wr_abort;
    *(uint32_t *)(ex + 1) = 2; /* VERBS_QP_EX: what ibv_qp_to_qp_ex asks for, behind the public part */
    return plain;
}

static int modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask)
{
    struct nic_qp *own = (struct nic_qp *)qp;
    pthread_mutex_lock(&lock);
    if (mask & IBV_QP_STATE)
        own->attr.qp_state = attr->qp_state;
    if (mask & IBV_QP_DEST_QPN)
        own->attr.dest_qp_num = attr->dest_qp_num;
    if (mask & IBV_QP_TIMEOUT)
        own->attr.timeout = attr->timeout;
    if (mask & IBV_QP_QKEY)
        own->attr.qkey = attr->qkey;
    struct receive flushed;
    while (own->attr.qp_state == IBV_QPS_ERR && take(&own->receives, &flushed))
        complete(own->init.recv_cq, (struct ibv_wc){ .wr_id = flushed.id, .status = IBV_WC_WR_FLUSH_ERR,
                                                     .opcode = IBV_WC_RECV, .qp_num = qp->qp_num });
    pthread_mutex_unlock(&lock);
    return 0;
}

static int query_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask, struct ibv_qp_init_attr *init)
{
    (void)mask;
    *attr = ((struct nic_qp *)qp)->attr;
    attr->cap = ((struct nic_qp *)qp)->init.cap;
    *init = ((struct nic_qp *)qp)->init;
    return 0;
}

static int destroy_qp(struct ibv_qp *qp)
{
    pthread_mutex_lock(&lock);
    queue_pairs[qp->qp_num] = 0;
    pthread_mutex_unlock(&lock);
    free(((struct nic_qp *)qp)->receives.ring);
    return drop(qp);
}

static struct ibv_ah *create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr)
{
    (void)attr;
    struct ibv_ah *ah = make(sizeof *ah);
    ah->context = pd->context;
    ah->pd = pd;
    return ah;
}

static void ignore(void *object) { (void)object; }

static void free_context(struct ibv_context *context)
{
    struct verbs_context *whole = (struct verbs_context *)((char *)context - offsetof(struct verbs_context, context));
    counts[OPENED]--;
    verbs_uninit_context(whole);
    free(whole);
}

static struct verbs_context *open_nic(struct ibv_device *device, int fd, void *data)
{
    (void)data;
    struct verbs_context *context = _verbs_init_and_alloc_context(device, fd, sizeof *context, 0, 1);
    if (!context)
        return 0;

    /* Functions that the library passes on to the public tables show whether the private table is as above. */
    void *ops[SLOTS + 8] = {
        [ALLOC_PD] = alloc_pd, [DEALLOC_PD] = drop, [REG_MR] = reg_mr, [DEREG_MR] = dereg_mr, [CREATE_CQ] = create_cq,
        [DESTROY_CQ] = destroy_cq, [POLL_CQ] = poll_cq, [REQ_NOTIFY_CQ] = req_notify_cq, [CQ_EVENT] = ignore,
        [ASYNC_EVENT] = ignore, [CREATE_SRQ] = create_srq, [MODIFY_SRQ] = modify_srq, [QUERY_SRQ] = query_srq,
        [DESTROY_SRQ] = destroy_srq, [POST_SRQ_RECV] = post_srq_recv, [CREATE_QP] = create_qp,
        [CREATE_QP_EX] = create_qp_ex, [MODIFY_QP] = modify_qp, [QUERY_QP] = query_qp, [DESTROY_QP] = destroy_qp,
        [POST_SEND] = post_send, [POST_RECV] = post_recv, [CREATE_AH] = create_ah, [DESTROY_AH] = drop,
        [ALLOC_DM] = alloc_dm, [FREE_DM] = free_dm, [REG_DM_MR] = reg_dm_mr, [QUERY_DEVICE_EX] = query_device,
        [QUERY_PORT] = query_port, [FREE_CONTEXT] = free_context,
    };
    verbs_set_ops(context, ops);
    if ((void *)context->context.ops.poll_cq != (void *)poll_cq || (void *)context->context.ops.post_send != (void *)post_send
        || (void *)context->reg_dm_mr != (void *)reg_dm_mr || (void *)context->alloc_dm != (void *)alloc_dm
        || (void *)context->create_qp_ex != (void *)create_qp_ex
        || (void *)context->context.ops.req_notify_cq != (void *)req_notify_cq) {
        fprintf(stderr, "fakenic: the private table of this libibverbs is another one\n");
        verbs_uninit_context(context);
        free(context);
        errno = EPROTO;
        return 0;
    }

    context->context.async_fd = eventfd(0, EFD_CLOEXEC); /* else the library asks the kernel for one */
    context->context.num_comp_vectors = 1;
    counts[OPENED]++;
    return context;
}

static bool is_ours(struct sysfs_device *device) { return !strncmp(device->name, "fake", 4); }

static struct nic_device *make_device(struct sysfs_device *device)
{
    (void)device;
    return make(sizeof(struct nic_device) + 256);
}

static void drop_device(struct nic_device *device) { free(device); }

static const struct driver_ops driver = {
    .name = "fakenic", .least_abi = 1, .most_abi = 1, .match = is_ours, .open = open_nic, .make = make_device,
    .drop = drop_device,
};

__attribute__((constructor)) static void start(void) { verbs_register_driver_34(&driver); }
