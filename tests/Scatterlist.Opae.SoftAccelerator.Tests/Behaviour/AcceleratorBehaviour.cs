namespace Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

/// <summary>One suite for every way to an accelerator: here what each test starts from.</summary>
public abstract class AcceleratorBehaviour : IDisposable
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    protected const int Page = 4096;

    private readonly List<IDisposable> _owned = [];

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
            _owned[i].Dispose();
        GC.SuppressFinalize(this);
    }

    protected abstract Rig CreateRig();

    protected Rig NewRig() => Own(CreateRig());

    protected T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    protected Accelerator Open() => Own(NewRig().Open());

    protected static SharedBuffer Prepare(Accelerator accelerator, int length, BufferFlags flags = BufferFlags.None) =>
        accelerator.PrepareBuffer((nuint)length, flags, SharedBufferOptions.BasePages);

    protected static FpgaResult ResultOf(Action action) => Assert.Throws<FpgaException>(action).Result;

    protected static void Fill(SharedBuffer buffer, int seed) => new Random(seed).NextBytes(buffer.AsSpan());
}
