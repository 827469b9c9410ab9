namespace KvAspire.ServiceDefaults;

internal static class Placeholder;
