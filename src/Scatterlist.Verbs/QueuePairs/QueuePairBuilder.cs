using System.Security.Cryptography;
using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs;

/// <summary>
/// Describes a queue pair, step by step; <see cref="Build"/> makes it. Every value is checked against the device's limits
/// there, and the error names the value. The defaults work on Ethernet and in software.
/// </summary>
/// <remarks>Not thread-safe. It can be used again: every <see cref="Build"/> makes another queue pair.</remarks>
public sealed class QueuePairBuilder
{
    private const int DefaultWorkRequests = 128;
    private const int DefaultElements = 4;
    private const int SmallInline = 16;

    private readonly ProtectionDomain _domain;
    private readonly QueuePairSettings _settings = new();
    private CompletionQueue? _sendQueue;
    private CompletionQueue? _receiveQueue;
    private SharedReceiveQueue? _sharedReceiveQueue;
    private QueuePairType _type = QueuePairType.ReliableConnected;
    private int? _sendWorkRequests;
    private int? _sendElements;
    private int? _receiveWorkRequests;
    private int? _receiveElements;
    private int _inlineBytes;
    private bool _inlineMayBeLess;
    private bool _signalsAll;

    internal QueuePairBuilder(ProtectionDomain domain) => _domain = domain;

    /// <summary>One completion queue for everything.</summary>
    public QueuePairBuilder WithCompletionQueue(CompletionQueue queue) => WithCompletionQueues(queue, queue);

    /// <summary>A completion queue for sends, writes, reads and atomic operations, and one for receives.</summary>
    public QueuePairBuilder WithCompletionQueues(CompletionQueue send, CompletionQueue receive)
    {
        ArgumentNullException.ThrowIfNull(send);
        ArgumentNullException.ThrowIfNull(receive);
        _sendQueue = send;
        _receiveQueue = receive;
        return this;
    }

    /// <summary>Receives are taken from a shared queue.</summary>
    public QueuePairBuilder WithSharedReceiveQueue(SharedReceiveQueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        _sharedReceiveQueue = queue;
        return this;
    }

    /// <summary>The kind. Default: reliable connected.</summary>
    public QueuePairBuilder WithType(QueuePairType type)
    {
        _type = type;
        return this;
    }

    /// <summary>What peers may do through the queue pair. Default: write and read (and atomics where the device has
    /// some); what they reach is up to the regions.</summary>
    public QueuePairBuilder WithAccess(AccessFlags access)
    {
        _settings.Access = access;
        return this;
    }

    /// <summary>How many sends (of any opcode) may be outstanding, and their gather elements. Default: 128 and 4.</summary>
    public QueuePairBuilder WithSendCapacity(int workRequests, int elements = 1)
    {
        _sendWorkRequests = workRequests;
        _sendElements = elements;
        return this;
    }

    /// <summary>How many receives may be outstanding, and their scatter elements. Default: 128 and 4.</summary>
    public QueuePairBuilder WithReceiveCapacity(int workRequests, int elements = 1)
    {
        _receiveWorkRequests = workRequests;
        _receiveElements = elements;
        return this;
    }

    /// <summary>Bytes that a request can carry inline. Default: 0.</summary>
    public QueuePairBuilder WithInlineBytes(int bytes)
    {
        _inlineBytes = bytes;
        _inlineMayBeLess = false;
        return this;
    }

    /// <summary>
    /// As many bytes inline as the device has, up to some: where it refuses, fewer are asked for.
    /// <see cref="PreparedQueuePair.Capabilities"/> say how many it gave. libibverbs tells no limit beforehand.
    /// </summary>
    /// <param name="bytes">The most that are of use.</param>
    public QueuePairBuilder WithInlineBytesUpTo(int bytes)
    {
        _inlineBytes = bytes;
        _inlineMayBeLess = true;
        return this;
    }

    /// <summary>Every request completes, signaled or not (sq_sig_all).</summary>
    public QueuePairBuilder WithAllSignaled()
    {
        _signalsAll = true;
        return this;
    }

    /// <summary>How often a send is tried again while the peer has no receive: 0 to 6, or 7 for ever. Default: 6.</summary>
    public QueuePairBuilder WithRnrRetries(int retries)
    {
        _settings.RnrRetries = retries;
        return this;
    }

    /// <summary>How often work is sent again when no acknowledgement comes: 0 to 7. Default: 6.</summary>
    public QueuePairBuilder WithAckRetries(int retries)
    {
        _settings.AckRetries = retries;
        return this;
    }

    /// <summary>The wait for an acknowledgement as a code: 4.096 us * 2^code, 0 for ever. Default: 14 (67 ms), which
    /// software and switches need; hardware alone copes with less.</summary>
    public QueuePairBuilder WithAckTimeout(int code)
    {
        _settings.AckTimeout = code;
        return this;
    }

    /// <summary>The wait for an acknowledgement, rounded up to the next code.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such code.</exception>
    public QueuePairBuilder WithAckTimeout(TimeSpan time) => WithAckTimeout(WireTimers.AckTimeoutCode(time));

    /// <summary>How long peers wait while this end has no receive, as a code of 0 to 31. Default: 12 (0.64 ms).</summary>
    public QueuePairBuilder WithMinRnrTimer(int code)
    {
        _settings.MinRnrTimer = code;
        return this;
    }

    /// <summary>How long peers wait while this end has no receive, rounded up to the next code.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such code.</exception>
    public QueuePairBuilder WithMinRnrTimer(TimeSpan time) => WithMinRnrTimer(WireTimers.RnrTimerCode(time));

    /// <summary>The largest payload. Default: the port's active MTU; the smaller one of both ends is used.</summary>
    public QueuePairBuilder WithMtu(Mtu mtu)
    {
        _settings.Mtu = mtu;
        return this;
    }

    /// <summary>The port. Default: 1.</summary>
    public QueuePairBuilder WithPort(byte port)
    {
        _settings.Port = port;
        return this;
    }

    /// <summary>The own GID's place in the port's table. Default: see <see cref="Context.GetDefaultGid"/>.</summary>
    public QueuePairBuilder WithGidIndex(int index)
    {
        _settings.GidIndex = index;
        return this;
    }

    /// <summary>The first packet sequence number that is sent, 24 bits. Default: random.</summary>
    public QueuePairBuilder WithPsn(uint psn)
    {
        _settings.Psn = psn;
        return this;
    }

    /// <summary>
    /// The reads and atomic operations that may be outstanding: as requester, and as responder. Default: what the device
    /// can, up to 16. A handshake lowers the first to what the peer answers.
    /// </summary>
    public QueuePairBuilder WithReadAtomicDepth(int requester, int responder)
    {
        _settings.RequesterDepth = requester;
        _settings.ResponderDepth = responder;
        return this;
    }

    /// <summary>The IP header's TOS or traffic class byte. Default: 0.</summary>
    public QueuePairBuilder WithTrafficClass(byte trafficClass)
    {
        _settings.TrafficClass = trafficClass;
        return this;
    }

    /// <summary>Hops that packets may take. Default: 64.</summary>
    public QueuePairBuilder WithHopLimit(byte hopLimit)
    {
        _settings.HopLimit = hopLimit;
        return this;
    }

    /// <summary>The flow label, 20 bits. Default: 0.</summary>
    public QueuePairBuilder WithFlowLabel(uint flowLabel)
    {
        _settings.FlowLabel = flowLabel;
        return this;
    }

    /// <summary>The service level. Default: 0.</summary>
    public QueuePairBuilder WithServiceLevel(byte serviceLevel)
    {
        _settings.ServiceLevel = serviceLevel;
        return this;
    }

    /// <summary>The queue key of a datagram queue pair. Default: random, without the bit of privileged keys.</summary>
    public QueuePairBuilder WithQueueKey(uint queueKey)
    {
        _settings.QueueKey = queueKey;
        return this;
    }

    /// <summary>The place of the partition key in the port's table. Default: 0.</summary>
    public QueuePairBuilder WithPartitionKeyIndex(ushort index)
    {
        _settings.PartitionKeyIndex = index;
        return this;
    }

    /// <summary>
    /// Makes the queue pair and moves it to Init, so that receives can be posted before the peer sends
    /// (ibv_create_qp(3), ibv_modify_qp(3)).
    /// </summary>
    /// <exception cref="InvalidOperationException">No completion queue was named.</exception>
    /// <exception cref="VerbsException">InvalidInput: a value past a limit, which is named; Resource; what the device
    /// refused.</exception>
    /// <exception cref="ObjectDisposedException">The domain or a queue is disposed.</exception>
    public PreparedQueuePair Build()
    {
        if (_sendQueue is null || _receiveQueue is null)
            throw new InvalidOperationException("A queue pair needs a completion queue: WithCompletionQueue.");
        using HeldHandle heldDomain = _domain.Provider.Hold(_domain);
        using HeldHandle heldSend = _sendQueue.Provider.Hold(_sendQueue);
        using HeldHandle heldReceive = _receiveQueue.Provider.Hold(_receiveQueue);
        using HeldHandle heldShared = _sharedReceiveQueue is null
            ? default
            : _sharedReceiveQueue.Provider.Hold(_sharedReceiveQueue);
        DeviceAttributes limits = _domain.Context.Attributes;
        QueuePairCapabilities capabilities = CheckCapabilities(limits, out string verb);
        CheckOwners(verb);
        QueuePairSettings settings = _settings.Complete(verb, _domain.Context, limits, _type);

        ProviderQueuePair provider = Create(new QueuePairRequest(
            _type, _sendQueue.Provider, _receiveQueue.Provider, _sharedReceiveQueue?.Provider, capabilities,
            _signalsAll));
        var queuePair = new QueuePair(_domain, provider, _type, _sendQueue, _receiveQueue, _sharedReceiveQueue);
        try
        {
            return new PreparedQueuePair(queuePair, settings);
        }
        catch
        {
            queuePair.Dispose();
            throw;
        }
    }

    private ProviderQueuePair Create(QueuePairRequest request)
    {
        while (true)
        {
            int inline = request.Capabilities.MaxInlineBytes;
            try
            {
                return _domain.Provider.CreateQueuePair(request);
            }
            catch (VerbsException e) when (_inlineMayBeLess && inline > 0
                && e.Kind is VerbsErrorKind.InvalidInput or VerbsErrorKind.Resource or VerbsErrorKind.NotSupported)
            {
                // What else is wrong shows at 0.
                int less = inline > SmallInline ? inline / 2 : 0;
                request = request with { Capabilities = request.Capabilities with { MaxInlineBytes = less } };
            }
        }
    }

    private QueuePairCapabilities CheckCapabilities(DeviceAttributes limits, out string verb)
    {
        bool shared = _sharedReceiveQueue is not null;
        var asked = new QueuePairCapabilities(
            _sendWorkRequests ?? Math.Min(DefaultWorkRequests, limits.MaxWorkRequests),
            shared ? 0 : _receiveWorkRequests ?? Math.Min(DefaultWorkRequests, limits.MaxWorkRequests),
            _sendElements ?? Math.Min(DefaultElements, limits.MaxElements),
            shared ? 0 : _receiveElements ?? Math.Min(DefaultElements, limits.MaxElements),
            _inlineMayBeLess && limits.MaxInlineBytes != 0
                ? Math.Min(_inlineBytes, limits.MaxInlineBytes)
                : _inlineBytes);
        verb = $"ibv_create_qp({_type}, {asked})";
        if (!Enum.IsDefined(_type))
            throw new VerbsException(verb, Errno.EINVAL, $"there is no queue pair type {(int)_type}");
        const string Requests = "DeviceAttributes.MaxWorkRequests";
        const string Elements = "DeviceAttributes.MaxElements";
        LimitCheck.Range(verb, "max_send_wr", asked.MaxSendWorkRequests, 0, limits.MaxWorkRequests, Requests);
        LimitCheck.Range(verb, "max_recv_wr", asked.MaxReceiveWorkRequests, 0, limits.MaxWorkRequests, Requests);
        LimitCheck.Range(verb, "max_send_sge", asked.MaxSendElements, 0, limits.MaxElements, Elements);
        LimitCheck.Range(verb, "max_recv_sge", asked.MaxReceiveElements, 0, limits.MaxElements, Elements);
        int inline = limits.MaxInlineBytes == 0 ? int.MaxValue : limits.MaxInlineBytes; // 0: only the device knows
        LimitCheck.Range(verb, "max_inline_data", asked.MaxInlineBytes, 0, inline, "DeviceAttributes.MaxInlineBytes");
        return asked;
    }

    private void CheckOwners(string verb)
    {
        if (!ReferenceEquals(_sendQueue!.Context, _domain.Context)
            || !ReferenceEquals(_receiveQueue!.Context, _domain.Context))
        {
            throw new VerbsException(verb, Errno.EINVAL, "a completion queue and the domain are of different contexts");
        }

        if (_sharedReceiveQueue is null)
            return;
        if (!ReferenceEquals(_sharedReceiveQueue.Domain.Context, _domain.Context))
        {
            throw new VerbsException(
                verb, Errno.EINVAL, "the shared receive queue and the domain are of different contexts");
        }
    }

    internal static uint RandomPsn() => (uint)RandomNumberGenerator.GetInt32(0x1000000);
}
