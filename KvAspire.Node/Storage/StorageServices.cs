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

    // The binder's own message about a word that it does not know says nothing about those that it does.
    private static void Bind(IConfigurationSection section, StorageOptions options)
    {
        var faults = section.GetChildren().Select(Fault).OfType<string>().ToList();
        if (faults.Count > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(StorageOptions), faults);
        }

        section.Bind(options);
    }

    private static string? Fault(IConfigurationSection setting)
    {
        var type = typeof(StorageOptions).GetProperties()
            .FirstOrDefault(property => property.Name.Equals(setting.Key, StringComparison.OrdinalIgnoreCase))?.PropertyType;
        return type switch
        {
            null => $"{setting.Path} is not a setting: use {string.Join(", ", typeof(StorageOptions).GetProperties().Select(property => property.Name))}.",
            { IsEnum: true } when !Enum.GetNames(type).Contains(setting.Value, StringComparer.OrdinalIgnoreCase) =>
                $"{setting.Path} is '{setting.Value}': set it to {string.Join(" or ", Enum.GetNames(type))}.",
            _ when type == typeof(int) && !int.TryParse(setting.Value, out _) => $"{setting.Path} is '{setting.Value}': set it to a whole number.",
            _ => null,
        };
    }
}
