using System.Globalization;
using System.Runtime.InteropServices;

namespace Scatterlist;

/// <summary>Names and texts of <see cref="Errno"/> values.</summary>
public static class ErrnoExtensions
{
    /// <summary>The C name such as <c>EAGAIN</c>, or <c>errno 1234</c> where the number has none here.</summary>
    public static string Name(this Errno errno) =>
        Enum.GetName(errno) ?? string.Create(CultureInfo.InvariantCulture, $"errno {(int)errno}");

    /// <summary>The C library's text (strerror(3)), in the C locale.</summary>
    public static string Description(this Errno errno) =>
        errno == Errno.None ? "no error" : Marshal.GetPInvokeErrorMessage((int)errno);
}
