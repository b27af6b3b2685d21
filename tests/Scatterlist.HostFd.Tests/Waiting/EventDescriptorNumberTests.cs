namespace Scatterlist.HostFd.Tests.Waiting;

/// <summary>Alone, since it needs the number that it has just closed.</summary>
[Collection(nameof(EventDescriptorNumberTests))]
[CollectionDefinition(nameof(EventDescriptorNumberTests), DisableParallelization = true)]
public sealed class EventDescriptorNumberTests
{
    [Fact]
    public void A_closed_descriptor_takes_nothing_from_whoever_has_its_number_now()
    {
        FileDescriptor closed = EventDescriptor.Create(semaphore: true);
        int number = closed.Value;
        closed.Dispose();
        var others = new List<FileDescriptor>();
        try
        {
            while (others.Count < 1000 && !others.Any(other => other.Value == number))
                others.Add(EventDescriptor.Create(semaphore: true));
            FileDescriptor successor = Assert.Single(others, other => other.Value == number);
            Assert.True(EventDescriptor.TrySignal(successor));
            Assert.False(EventDescriptor.TryTake(closed));
            Assert.True(EventDescriptor.TryTake(successor));
            Assert.False(EventDescriptor.TrySignal(closed));
            Assert.False(EventDescriptor.TryTake(successor));
        }
        finally
        {
            others.ForEach(other => other.Dispose());
        }
    }
}
