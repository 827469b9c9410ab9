using KvAspire.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace KvAspire.Node.Storage;

internal static class StorageServices
{
    /// <summary>
    /// Binds <see cref="StorageOptions"/> from the section <c>Storage</c>; what is wrong there stops the start with
    /// an <see cref="OptionsValidationException"/> of one sentence for each fault.
    /// </summary>
    public static IServiceCollection AddStorageOptions(this IServiceCollection services)
    {
        services.AddSingleton<IValidateOptions<StorageOptions>, StorageOptionsValidator>();
        services.AddOptions<StorageOptions>()
            .Configure<IConfiguration>(static (options, configuration) => configuration.GetSection(StorageOptions.Section).ReadInto(options))
            .ValidateOnStart();
        return services;
    }
}
