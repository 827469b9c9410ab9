using System.Collections;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace KvAspire.ServiceDefaults;

/// <summary>
/// Reads settings. A value of the wrong kind stops the start with a sentence, where the binder's own message would not say what to write; so does a name that
/// no setting has, which the binder passes over.
/// </summary>
public static class Settings
{
    /// <summary>The settings of a section; those of which it says nothing keep their defaults.</summary>
    /// <exception cref="OptionsValidationException">One sentence for each name of no setting, and each value that is not of its setting's kind.</exception>
    public static T Read<T>(this IConfigurationSection section)
        where T : class, new()
    {
        var options = new T();
        section.ReadInto(options);
        return options;
    }

    /// <summary>Sets what the section says.</summary>
    /// <exception cref="OptionsValidationException">One sentence for each name of no setting, and each value that is not of its setting's kind.</exception>
    public static void ReadInto<T>(this IConfigurationSection section, T options)
        where T : class
    {
        var settings = typeof(T).GetProperties().Where(p => p.CanWrite || p.PropertyType != typeof(bool)).ToList();
        var faults = section.GetChildren().Select(s => FaultOf(s, settings)).OfType<string>().ToList();
        if (faults.Count > 0)
        {
            throw new OptionsValidationException(section.Path, typeof(T), faults);
        }

        section.Bind(options);
    }

    private static string? FaultOf(IConfigurationSection setting, List<PropertyInfo> settings) =>
        settings.Find(p => p.Name.Equals(setting.Key, StringComparison.OrdinalIgnoreCase)) is { } known
            ? FaultOf(setting, known.PropertyType)
            : $"{setting.Path} is not a setting: use {string.Join(", ", settings.Select(p => p.Name))}.";

    /// <summary>A sentence that says what to change; null if the value is one of this type.</summary>
    private static string? FaultOf(IConfigurationSection setting, Type type)
    {
        var text = setting.Value;
        return type switch
        {
            { IsEnum: true } when !Enum.GetNames(type).Contains(text, StringComparer.OrdinalIgnoreCase) =>
                $"{setting.Path} is '{text}': set it to {string.Join(" or ", Enum.GetNames(type))}.",
            _ when type == typeof(int) && !int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) =>
                $"{setting.Path} is '{text}': set it to a whole number.",
            _ when type == typeof(long) && !long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) =>
                $"{setting.Path} is '{text}': set it to a whole number.",
            _ when type == typeof(TimeSpan) && !IsTime(text) =>
                $"{setting.Path} is '{text}': write it as hh:mm:ss, such as 00:01:00 for a minute.",
            _ when type != typeof(string) && type.IsAssignableTo(typeof(IEnumerable)) && !string.IsNullOrEmpty(text) =>
                $"{setting.Path} is '{text}': it is a list, so write {setting.Path}:0={text.Split(',', ';')[0].Trim()}, {setting.Path}:1 for the next, and so on.",
            _ => null,
        };
    }

    /// <summary>The binder takes more: for it, 60 is as many days, and so are the first two digits of 24:00:00.</summary>
    private static bool IsTime(string? text) =>
        text is not null && text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out _);
}
