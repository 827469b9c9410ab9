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
            .Configure<IConfiguration>(static (options, configuration) => Bind(configuration.GetSection(StorageOptions.Section), options))
            .ValidateOnStart();
        return services;
    }

    // The binder passes over a word that it does not know.
    private static void Bind(IConfigurationSection section, StorageOptions options)
    {
        var faults = section.GetChildren().Select(Fault).OfType<string>().ToList();
        if (faults.Count > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(StorageOptions), faults);
        }

        section.Bind(options);
    }

    private static string? Fault(IConfigurationSection setting) => Settings.TypeOf<StorageOptions>(setting) is { } type
        ? Settings.FaultOf(setting, type)
        : $"{setting.Path} is not a setting: use {string.Join(", ", typeof(StorageOptions).GetProperties().Select(property => property.Name))}.";
}
