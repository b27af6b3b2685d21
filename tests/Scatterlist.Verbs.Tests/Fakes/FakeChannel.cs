using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs.Tests.Fakes;

internal sealed class FakeChannel(FakeContext context) : ProviderCompletionChannel(2, context)
{
    private readonly FileDescriptor _descriptor = HostFd.EventDescriptor.Create();
    private readonly Queue<FakeCompletionQueue> _events = new();

    internal override int Descriptor
    {
        get
        {
            context.During?.Invoke("channel_fd");
            return context.BadDescriptor ?? _descriptor.Value;
        }
    }

    internal void Raise(FakeCompletionQueue queue)
    {
        lock (_events)
            _events.Enqueue(queue);
        HostFd.EventDescriptor.Signal(_descriptor);
    }

    internal override ProviderCompletionQueue? TryTakeEvent()
    {
        lock (_events)
        {
            if (_events.TryDequeue(out FakeCompletionQueue? queue))
                return queue;
            HostFd.EventDescriptor.Take(_descriptor);
            return null;
        }
    }

    protected override bool ReleaseNative()
    {
        context.NoteRelease("channel");
        _descriptor.Dispose();
        return true;
    }
}
