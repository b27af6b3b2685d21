using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs.Tests.Fakes;

internal sealed class FakeAddressHandle(FakeDomain domain) : ProviderAddressHandle(6, domain)
{
    internal override nint NativeObject => 0x7000;

    protected override bool ReleaseNative()
    {
        domain.Context.NoteRelease("path");
        return true;
    }
}
