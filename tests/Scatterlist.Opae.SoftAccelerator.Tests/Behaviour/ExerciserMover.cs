namespace Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

/// <summary>The host exerciser's loopback.</summary>
internal sealed class ExerciserMover(Accelerator accelerator, Func<IoAddress, bool>? hasFaulted) : Mover
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly LoopbackExerciser _exerciser = LoopbackExerciser.Create(accelerator);

    public override int MaxLength => 1 << 20;

    public override void Move(IoAddress destination, IoAddress source, int length)
    {
        _exerciser.Start(LoopbackMode.Loopback, source, destination, (ulong)length);
        _exerciser.Wait(Patience, TestContext.Current.CancellationToken);
    }

    public override bool? HasFaulted(IoAddress page) => hasFaulted?.Invoke(page);

    public override void Dispose()
    {
        _exerciser.Dispose();
        base.Dispose();
    }
}
