// A device of libibverbs in memory, and the C side that posts to it and polls by libibverbs' own inline functions. Its post
// and its poll do next to nothing, so that what is left is the way there. A queue pair and its completion queue are used
// by one thread.
#include <errno.h>
#include <infiniband/verbs.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 256 };

struct queue {
    struct ibv_cq cq;
    unsigned head, tail;
    struct ibv_wc ring[ENTRIES];
};

struct pair {
    struct ibv_qp qp;
    struct ibv_qp_attr attr;
    uint64_t posted; // so that a request is read
};

static int post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad)
{
    struct queue *queue = (struct queue *)qp->send_cq;
    for (; wr; wr = wr->next) {
        if (queue->tail - queue->head == ENTRIES) {
            *bad = wr;
            return ENOMEM;
        }

        struct ibv_wc *wc = &queue->ring[queue->tail++ % ENTRIES];
        wc->wr_id = wr->wr_id;
        wc->status = IBV_WC_SUCCESS;
        wc->opcode = IBV_WC_RDMA_WRITE;
        wc->qp_num = qp->qp_num;
        ((struct pair *)qp)->posted += wr->sg_list->length + wr->sg_list->addr + wr->wr.rdma.remote_addr;
    }

    return 0;
}

static int poll_cq(struct ibv_cq *cq, int room, struct ibv_wc *into)
{
    struct queue *queue = (struct queue *)cq;
    int taken = 0;
    while (taken < room && queue->head != queue->tail)
        into[taken++] = queue->ring[queue->head++ % ENTRIES];
    return taken;
}

static int query_device(struct ibv_context *context, const struct ibv_query_device_ex_input *input,
                        struct ibv_device_attr_ex *attr, size_t size)
{
    (void)context, (void)input;
    memset(attr, 0, size);
    attr->orig_attr.max_mr_size = 1ull << 40;
    attr->orig_attr.max_qp_wr = attr->orig_attr.max_cqe = ENTRIES;
    attr->orig_attr.max_sge = 4;
    attr->orig_attr.max_qp_rd_atom = attr->orig_attr.max_qp_init_rd_atom = 16;
    attr->orig_attr.phys_port_cnt = 1;
    return 0;
}

int peer_query_port(struct ibv_context *context, uint8_t port, struct ibv_port_attr *attr)
{
    (void)context, (void)port;
    attr->state = IBV_PORT_ACTIVE;
    attr->max_mtu = attr->active_mtu = IBV_MTU_4096;
    attr->gid_tbl_len = 1;
    attr->link_layer = IBV_LINK_LAYER_ETHERNET;
    return 0;
}

ssize_t peer_query_gids(struct ibv_context *context, struct ibv_gid_entry *entries, size_t room, uint32_t flags, size_t size)
{
    (void)context, (void)room, (void)flags;
    memset(entries, 0, size);
    entries->gid.raw[10] = entries->gid.raw[11] = 0xff;
    entries->gid.raw[12] = 10;
    entries->gid.raw[15] = 1;
    entries->port_num = 1;
    entries->gid_type = IBV_GID_TYPE_ROCE_V2;
    return 1;
}

struct ibv_context *peer_open(void)
{
    struct verbs_context *whole = calloc(1, sizeof *whole);
    whole->sz = sizeof *whole;
    whole->query_device_ex = query_device;
    whole->context.abi_compat = __VERBS_ABI_IS_EXTENDED;
    whole->context.async_fd = -1;
    whole->context.ops.post_send = post_send;
    whole->context.ops.poll_cq = poll_cq;
    return &whole->context;
}

int peer_close(struct ibv_context *context)
{
    free((char *)context - offsetof(struct verbs_context, context));
    return 0;
}

// What is made of a context or of a domain: the context is their first field.
static void *object(void *parent, size_t size, int is_context)
{
    void **made = calloc(1, size);
    *made = is_context ? parent : *(void **)parent;
    return made;
}

int peer_drop(void *made)
{
    free(made);
    return 0;
}

struct ibv_pd *peer_domain(struct ibv_context *context) { return object(context, sizeof(struct ibv_pd), 1); }

struct ibv_comp_channel *peer_channel(struct ibv_context *context)
{
    struct ibv_comp_channel *channel = object(context, sizeof *channel, 1);
    channel->fd = -1;
    return channel;
}

struct ibv_mr *peer_region(struct ibv_pd *pd, void *address, size_t length, uint64_t iova, unsigned access)
{
    (void)access;
    struct ibv_mr *mr = object(pd, sizeof *mr, 0);
    *mr = (struct ibv_mr){ .context = pd->context, .pd = pd, .addr = address, .length = length, .lkey = (uint32_t)iova | 1,
                           .rkey = 2 };
    return mr;
}

struct ibv_cq *peer_queue(struct ibv_context *context, int entries, void *name, struct ibv_comp_channel *channel, int vector)
{
    (void)entries, (void)name, (void)channel, (void)vector;
    struct queue *queue = object(context, sizeof *queue, 1);
    queue->cq.cqe = ENTRIES;
    return &queue->cq;
}

struct ibv_qp *peer_pair(struct ibv_pd *pd, struct ibv_qp_init_attr *init)
{
    struct pair *pair = object(pd, sizeof *pair, 0);
    pair->qp.send_cq = init->send_cq;
    pair->qp.recv_cq = init->recv_cq;
    pair->qp.qp_num = 17;
    return &pair->qp;
}

int peer_modify(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask)
{
    (void)mask;
    ((struct pair *)qp)->attr = *attr;
    return 0;
}

int peer_query(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask, struct ibv_qp_init_attr *init)
{
    (void)mask, (void)init;
    *attr = ((struct pair *)qp)->attr;
    return 0;
}

// The C side: a write of 64 bytes and its completion, so many times. Zero, or an errno.
int peer_write(struct ibv_qp *qp, struct ibv_cq *cq, char *bytes, uint32_t lkey, uint64_t remote, uint32_t rkey, long count)
{
    for (long i = 0; i < count; i++) {
        struct ibv_sge sge = { .addr = (uintptr_t)bytes, .length = 64, .lkey = lkey };
        struct ibv_send_wr wr = { .wr_id = 1, .sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_RDMA_WRITE,
                                  .send_flags = IBV_SEND_SIGNALED, .wr.rdma = { remote, rkey } };
        struct ibv_send_wr *bad;
        int result = ibv_post_send(qp, &wr, &bad);
        if (result)
            return result;
        struct ibv_wc wc;
        if (ibv_poll_cq(cq, 1, &wc) != 1 || wc.status != IBV_WC_SUCCESS)
            return EIO;
    }

    return 0;
}
