using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs.Tests.Fakes;

internal sealed unsafe class FakeSharedReceiveQueue(FakeDomain domain, SharedReceiveQueueAttributes attributes)
    : ProviderSharedReceiveQueue(8, domain)
{
    private SharedReceiveQueueAttributes _attributes = attributes;

    internal List<SentWork> Posted { get; } = [];

    internal override SharedReceiveQueueAttributes Query()
    {
        domain.Context.During?.Invoke("query_srq");
        return domain.Context.FailsQuerySrq ? throw new VerbsException("ibv_query_srq", Errno.EIO) : _attributes;
    }

    internal override Errno Modify(int? limit, int? maxWorkRequests)
    {
        if (limit > _attributes.MaxWorkRequests)
            return Errno.EINVAL;
        _attributes = _attributes with
        {
            Limit = limit ?? _attributes.Limit, MaxWorkRequests = maxWorkRequests ?? _attributes.MaxWorkRequests,
        };
        return Errno.None;
    }

    internal override Errno PostReceive(ReceiveEntry* entries, int count, out int posted)
    {
        domain.Context.During?.Invoke("post_srq_recv");
        for (posted = 0; posted < count; posted++)
            Posted.Add(SentWork.Of(entries + posted));
        return Errno.None;
    }

    protected override bool ReleaseNative()
    {
        domain.Context.NoteRelease("srq");
        return true;
    }
}
