namespace Scatterlist.Vrtd.Client;

/// <summary>A session's own hold on its connection.</summary>
internal sealed class SessionHandle(Connection connection) : NativeHandle(1, parent: null)
{
    protected override bool ReleaseNative()
    {
        connection.Release();
        return true;
    }
}
