// The peer of the rxe area: two queue pairs of one device, connected to each other, and a loop that posts writes and polls.
#include <errno.h>
#include <infiniband/verbs.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { DEPTH = 32, BATCH = 16, ROOM = 4096 };

struct peer {
    struct ibv_context *context;
    struct ibv_pd *pd;
    struct ibv_cq *cq;
    struct ibv_mr *mr;
    struct ibv_qp *qp[2];
    char *memory;
};

static int connect_to(struct ibv_qp *qp, uint32_t number, union ibv_gid gid, uint8_t index)
{
    struct ibv_qp_attr a = {.qp_state = IBV_QPS_INIT, .port_num = 1, .qp_access_flags = IBV_ACCESS_REMOTE_WRITE};
    int error = ibv_modify_qp(qp, &a, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
    if (error)
        return error;
    a = (struct ibv_qp_attr){.qp_state = IBV_QPS_RTR, .path_mtu = IBV_MTU_1024, .dest_qp_num = number,
        .max_dest_rd_atomic = 1, .min_rnr_timer = 12};
    a.ah_attr.port_num = 1;
    a.ah_attr.is_global = 1;
    a.ah_attr.grh.dgid = gid;
    a.ah_attr.grh.sgid_index = index;
    a.ah_attr.grh.hop_limit = 64;
    error = ibv_modify_qp(qp, &a, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN
        | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
    if (error)
        return error;
    a = (struct ibv_qp_attr){.qp_state = IBV_QPS_RTS, .timeout = 14, .retry_cnt = 7, .rnr_retry = 7, .max_rd_atomic = 1};
    return ibv_modify_qp(qp, &a, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN
        | IBV_QP_MAX_QP_RD_ATOMIC);
}

static int set_up(struct peer *peer, const char *name, uint8_t index)
{
    struct ibv_device **list = ibv_get_device_list(0);
    for (int i = 0; list && list[i] && !peer->context; i++)
        if (!strcmp(ibv_get_device_name(list[i]), name))
            peer->context = ibv_open_device(list[i]);
    if (list)
        ibv_free_device_list(list);
    if (!peer->context)
        return ENODEV;
    peer->memory = mmap(0, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    peer->pd = ibv_alloc_pd(peer->context);
    peer->cq = ibv_create_cq(peer->context, 2 * DEPTH, 0, 0, 0);
    if (!peer->pd || !peer->cq)
        return ENOMEM;
    peer->mr = ibv_reg_mr(peer->pd, peer->memory, ROOM, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE);
    struct ibv_qp_init_attr init = {.send_cq = peer->cq, .recv_cq = peer->cq, .qp_type = IBV_QPT_RC,
        .cap = {.max_send_wr = DEPTH, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1}};
    union ibv_gid gid;
    int error = ibv_query_gid(peer->context, 1, index, &gid);
    for (int i = 0; i < 2; i++)
        peer->qp[i] = ibv_create_qp(peer->pd, &init);
    if (error || !peer->mr || !peer->qp[0] || !peer->qp[1])
        return ENOMEM;
    error = connect_to(peer->qp[0], peer->qp[1]->qp_num, gid, index);
    return error ? error : connect_to(peer->qp[1], peer->qp[0]->qp_num, gid, index);
}

void peer_stop(struct peer *peer)
{
    for (int i = 0; i < 2; i++)
        if (peer->qp[i])
            ibv_destroy_qp(peer->qp[i]);
    if (peer->mr)
        ibv_dereg_mr(peer->mr);
    if (peer->cq)
        ibv_destroy_cq(peer->cq);
    if (peer->pd)
        ibv_dealloc_pd(peer->pd);
    if (peer->context)
        ibv_close_device(peer->context);
    if (peer->memory)
        munmap(peer->memory, ROOM);
    free(peer);
}

struct peer *peer_start(const char *name, int gid_index)
{
    struct peer *peer = calloc(1, sizeof *peer);
    if (peer && set_up(peer, name, (uint8_t)gid_index)) {
        peer_stop(peer);
        return 0;
    }
    return peer;
}

// So many writes of so many bytes, DEPTH of them outstanding, each with its completion.
int peer_write(struct peer *peer, int size, int64_t count)
{
    struct ibv_sge sge = {.addr = (uintptr_t)peer->memory, .length = (uint32_t)size, .lkey = peer->mr->lkey};
    struct ibv_send_wr wr = {.sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_RDMA_WRITE, .send_flags = IBV_SEND_SIGNALED};
    struct ibv_wc wc[BATCH];
    struct ibv_send_wr *bad;
    wr.wr.rdma.remote_addr = (uintptr_t)peer->memory + ROOM / 2;
    wr.wr.rdma.rkey = peer->mr->rkey;
    for (int64_t posted = 0, done = 0; done < count;) {
        for (; posted < count && posted - done < DEPTH; posted++) {
            wr.wr_id = (uint64_t)posted;
            int error = ibv_post_send(peer->qp[0], &wr, &bad);
            if (error)
                return -error;
        }
        int found = ibv_poll_cq(peer->cq, BATCH, wc);
        if (found < 0)
            return found;
        for (int i = 0; i < found; i++)
            if (wc[i].status != IBV_WC_SUCCESS)
                return -EIO;
        done += found;
    }
    return 0;
}
