namespace Scatterlist.Abi.Tests;

/// <summary>What <c>src/Scatterlist.Verbs</c> mirrors of libibverbs. Skipped where its headers are not installed.</summary>
internal static class VerbsAbi
{
    private const string Room = "Scatterlist.Verbs.Interop.";
    private const string Api = "Scatterlist.Verbs.";
    private const string Headers = "@INFINIBAND_VERBS_H";

    internal static AbiTable Table { get; } = new AbiTable("Scatterlist.Verbs", "?infiniband/verbs.h")
        .Struct(
            Room + "ScatterGatherEntry", "struct ibv_sge" + Headers,
            ("Address", "addr"), ("Length", "length"), ("LocalKey", "lkey"))
        .Struct(
            Room + "SendEntry", "struct ibv_send_wr" + Headers,
            ("Id", "wr_id"),
            ("Next", "next"),
            ("List", "sg_list"),
            ("ListLength", "num_sge"),
            ("Opcode", "opcode"),
            ("Flags", "send_flags"),
            ("Immediate", "imm_data"),
            ("RemoteAddress", "wr.rdma.remote_addr"),
            ("RemoteKey", "wr.rdma.rkey"),
            ("CompareOrAdd", "wr.atomic.compare_add"),
            ("Swap", "wr.atomic.swap"),
            ("AtomicRemoteKey", "wr.atomic.rkey"),
            ("AddressHandle", "wr.ud.ah"),
            ("RemoteQueuePair", "wr.ud.remote_qpn"),
            ("RemoteQueueKey", "wr.ud.remote_qkey"),
            ("MemoryWindow", "bind_mw.mw"))
        .Struct(
            Room + "ReceiveEntry", "struct ibv_recv_wr" + Headers,
            ("Id", "wr_id"), ("Next", "next"), ("List", "sg_list"), ("ListLength", "num_sge"))
        .Struct(
            Api + "WorkCompletion", "struct ibv_wc" + Headers,
            ("_id", "wr_id"),
            ("_status", "status"),
            ("_opcode", "opcode"),
            ("_vendorError", "vendor_err"),
            ("_byteLength", "byte_len"),
            ("_immediate", "imm_data"),
            ("_queuePair", "qp_num"),
            ("_sourceQueuePair", "src_qp"),
            ("_flags", "wc_flags"),
            ("_partitionKeyIndex", "pkey_index"),
            ("_sourceLid", "slid"),
            ("_serviceLevel", "sl"),
            ("_destinationPathBits", "dlid_path_bits"))
        .Struct(
            Room + "IbvQpCap", "struct ibv_qp_cap" + Headers,
            ("MaxSendWr", "max_send_wr"),
            ("MaxRecvWr", "max_recv_wr"),
            ("MaxSendSge", "max_send_sge"),
            ("MaxRecvSge", "max_recv_sge"),
            ("MaxInlineData", "max_inline_data"))
        .Struct(
            Room + "IbvAhAttr", "struct ibv_ah_attr" + Headers,
            ("DestinationGid", "grh.dgid"),
            ("FlowLabel", "grh.flow_label"),
            ("SourceGidIndex", "grh.sgid_index"),
            ("HopLimit", "grh.hop_limit"),
            ("TrafficClass", "grh.traffic_class"),
            ("DestinationLid", "dlid"),
            ("ServiceLevel", "sl"),
            ("SourcePathBits", "src_path_bits"),
            ("StaticRate", "static_rate"),
            ("IsGlobal", "is_global"),
            ("Port", "port_num"))
        .Struct(
            Room + "IbvQpInitAttr", "struct ibv_qp_init_attr" + Headers,
            ("QpContext", "qp_context"),
            ("SendCq", "send_cq"),
            ("RecvCq", "recv_cq"),
            ("Srq", "srq"),
            ("Cap", "cap"),
            ("QpType", "qp_type"),
            ("SqSigAll", "sq_sig_all"))
        .Struct(
            Room + "IbvQpAttr", "struct ibv_qp_attr" + Headers,
            ("State", "qp_state"),
            ("CurrentState", "cur_qp_state"),
            ("PathMtu", "path_mtu"),
            ("QueueKey", "qkey"),
            ("ReceivePsn", "rq_psn"),
            ("SendPsn", "sq_psn"),
            ("DestinationQpNumber", "dest_qp_num"),
            ("AccessFlags", "qp_access_flags"),
            ("Cap", "cap"),
            ("AhAttr", "ah_attr"),
            ("PKeyIndex", "pkey_index"),
            ("EnableDrainedEvent", "en_sqd_async_notify"),
            ("IsDraining", "sq_draining"),
            ("MaxReadAtomic", "max_rd_atomic"),
            ("MaxDestinationReadAtomic", "max_dest_rd_atomic"),
            ("MinRnrTimer", "min_rnr_timer"),
            ("Port", "port_num"),
            ("Timeout", "timeout"),
            ("RetryCount", "retry_cnt"),
            ("RnrRetry", "rnr_retry"))
        .Struct(
            Room + "IbvSrqAttr", "struct ibv_srq_attr" + Headers,
            ("MaxWr", "max_wr"), ("MaxSge", "max_sge"), ("SrqLimit", "srq_limit"))
        .Struct(
            Room + "IbvSrqInitAttr", "struct ibv_srq_init_attr" + Headers,
            ("SrqContext", "srq_context"), ("Attr", "attr"))
        .Struct(
            Room + "IbvGidEntry", "struct ibv_gid_entry" + Headers,
            ("Gid", "gid"),
            ("GidIndex", "gid_index"),
            ("PortNumber", "port_num"),
            ("GidType", "gid_type"),
            ("InterfaceIndex", "ndev_ifindex"))
        .Struct(
            Room + "IbvAllocDmAttr", "struct ibv_alloc_dm_attr" + Headers,
            ("Length", "length"), ("LogAlignRequest", "log_align_req"), ("CompMask", "comp_mask"))
        .Struct(
            Room + "IbvAsyncEvent", "struct ibv_async_event" + Headers,
            ("Element", "element"), ("EventType", "event_type"))
        .StructStart(
            Room + "IbvPortAttr", "struct ibv_port_attr" + Headers,
            ("State", "state"),
            ("MaxMtu", "max_mtu"),
            ("ActiveMtu", "active_mtu"),
            ("GidTblLen", "gid_tbl_len"),
            ("PortCapFlags", "port_cap_flags"),
            ("MaxMsgSz", "max_msg_sz"),
            ("BadPkeyCntr", "bad_pkey_cntr"),
            ("QkeyViolCntr", "qkey_viol_cntr"),
            ("PkeyTblLen", "pkey_tbl_len"),
            ("Lid", "lid"),
            ("SmLid", "sm_lid"),
            ("Lmc", "lmc"),
            ("MaxVlNum", "max_vl_num"),
            ("SmSl", "sm_sl"),
            ("SubnetTimeout", "subnet_timeout"),
            ("InitTypeReply", "init_type_reply"),
            ("ActiveWidth", "active_width"),
            ("ActiveSpeed", "active_speed"),
            ("PhysState", "phys_state"),
            ("LinkLayer", "link_layer"),
            ("Flags", "flags"))
        .Struct(
            Room + "IbvDeviceAttr", "struct ibv_device_attr" + Headers,
            ("FirmwareVersion", "fw_ver"),
            ("NodeGuid", "node_guid"),
            ("SystemImageGuid", "sys_image_guid"),
            ("MaxMrSize", "max_mr_size"),
            ("PageSizeCap", "page_size_cap"),
            ("VendorId", "vendor_id"),
            ("VendorPartId", "vendor_part_id"),
            ("HardwareVersion", "hw_ver"),
            ("MaxQp", "max_qp"),
            ("MaxQpWr", "max_qp_wr"),
            ("DeviceCapFlags", "device_cap_flags"),
            ("MaxSge", "max_sge"),
            ("MaxSgeRd", "max_sge_rd"),
            ("MaxCq", "max_cq"),
            ("MaxCqe", "max_cqe"),
            ("MaxMr", "max_mr"),
            ("MaxPd", "max_pd"),
            ("MaxQpRdAtom", "max_qp_rd_atom"),
            ("MaxResRdAtom", "max_res_rd_atom"),
            ("MaxQpInitRdAtom", "max_qp_init_rd_atom"),
            ("AtomicCap", "atomic_cap"),
            ("MaxMw", "max_mw"),
            ("MaxMcastGrp", "max_mcast_grp"),
            ("MaxMcastQpAttach", "max_mcast_qp_attach"),
            ("MaxTotalMcastQpAttach", "max_total_mcast_qp_attach"),
            ("MaxAh", "max_ah"),
            ("MaxSrq", "max_srq"),
            ("MaxSrqWr", "max_srq_wr"),
            ("MaxSrqSge", "max_srq_sge"),
            ("MaxPkeys", "max_pkeys"),
            ("LocalCaAckDelay", "local_ca_ack_delay"),
            ("PhysPortCnt", "phys_port_cnt"))
        .Struct(
            Room + "IbvDeviceAttrEx", "struct ibv_device_attr_ex" + Headers,
            ("Original", "orig_attr"), ("MaxDmSize", "max_dm_size"))
        .Constants(
            Room + "IbvContext",
            ("PollCq", Place("ibv_context", "ops.poll_cq")),
            ("RequestNotifyCq", Place("ibv_context", "ops.req_notify_cq")),
            ("PostSrqRecv", Place("ibv_context", "ops.post_srq_recv")),
            ("PostSend", Place("ibv_context", "ops.post_send")),
            ("PostRecv", Place("ibv_context", "ops.post_recv")),
            ("AsyncFd", Place("ibv_context", "async_fd")),
            ("QueryPort", Before("query_port")),
            ("RegDmMr", Before("reg_dm_mr")),
            ("AllocDm", Before("alloc_dm")),
            ("FreeDm", Before("free_dm")),
            ("QueryDeviceEx", Before("query_device_ex")),
            ("CreateQpEx", Before("create_qp_ex")),
            ("TableSize", Before("sz")),
            ("ChannelFd", Place("ibv_comp_channel", "fd")),
            ("CqEntries", Place("ibv_cq", "cqe")),
            ("MrLocalKey", Place("ibv_mr", "lkey")),
            ("MrRemoteKey", Place("ibv_mr", "rkey")),
            ("QpNumber", Place("ibv_qp", "qp_num")),
            ("DmCopyTo", Place("ibv_dm", "memcpy_to_dm")),
            ("DmCopyFrom", Place("ibv_dm", "memcpy_from_dm")),
            ("PortAttrSize", $"((int)(offsetof(struct ibv_port_attr, port_cap_flags2) + 2 + 3) / 4 * 4){Headers}"),
            ("DeviceNodeType", Place("ibv_device", "node_type")),
            ("DeviceTransport", Place("ibv_device", "transport_type")),
            ("Size", $"sizeof(struct ibv_context){Headers}"))
        .OurOwn(Room + "IbvContext", "MutexSize", "MutexSizeArm64")
        .Struct(
            Room + "IbvQpInitAttrEx", "struct ibv_qp_init_attr_ex" + Headers,
            ("QpContext", "qp_context"),
            ("SendCq", "send_cq"),
            ("RecvCq", "recv_cq"),
            ("Srq", "srq"),
            ("Cap", "cap"),
            ("QpType", "qp_type"),
            ("SqSigAll", "sq_sig_all"),
            ("CompMask", "comp_mask"),
            ("Pd", "pd"),
            ("SendOpsFlags", "send_ops_flags"))
        .Constants(
            Room + "IbvQpEx",
            ("WorkRequestId", Behind("wr_id")),
            ("WorkRequestFlags", Behind("wr_flags")),
            ("CompareAndSwap", Behind("wr_atomic_cmp_swp")),
            ("FetchAndAdd", Behind("wr_atomic_fetch_add")),
            ("RdmaRead", Behind("wr_rdma_read")),
            ("RdmaWrite", Behind("wr_rdma_write")),
            ("RdmaWriteImmediate", Behind("wr_rdma_write_imm")),
            ("Send", Behind("wr_send")),
            ("SendImmediate", Behind("wr_send_imm")),
            ("SetUdAddress", Behind("wr_set_ud_addr")),
            ("SetInlineData", Behind("wr_set_inline_data")),
            ("SetSge", Behind("wr_set_sge")),
            ("SetSgeList", Behind("wr_set_sge_list")),
            ("Start", Behind("wr_start")),
            ("Complete", Behind("wr_complete")),
            ("MaskDomain", "IBV_QP_INIT_ATTR_PD" + Headers),
            ("MaskSendOperations", "IBV_QP_INIT_ATTR_SEND_OPS_FLAGS" + Headers),
            ("WithWrite", "IBV_QP_EX_WITH_RDMA_WRITE" + Headers),
            ("WithWriteImmediate", "IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM" + Headers),
            ("WithSend", "IBV_QP_EX_WITH_SEND" + Headers),
            ("WithSendImmediate", "IBV_QP_EX_WITH_SEND_WITH_IMM" + Headers),
            ("WithRead", "IBV_QP_EX_WITH_RDMA_READ" + Headers),
            ("WithCompareAndSwap", "IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP" + Headers),
            ("WithFetchAndAdd", "IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD" + Headers),
            ("BaseSize", $"sizeof(struct ibv_qp){Headers}"));

    private static string Behind(string field) =>
        $"((int)offsetof(struct ibv_qp_ex, {field}) - (int)sizeof(struct ibv_qp)){Headers}";

    private static string Place(string type, string field) => $"((int)offsetof(struct {type}, {field})){Headers}";

    private static string Before(string field) =>
        $"((int)offsetof(struct verbs_context, {field}) - (int)offsetof(struct verbs_context, context)){Headers}";
}
