namespace Scatterlist.Verbs.Waiting;

/// <summary>An object of a <see cref="SourcePool{T}"/>.</summary>
internal interface IPooled<T>
    where T : class
{
    T? NextPooled { get; set; }
}
