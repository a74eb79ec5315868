"""What the system can verify of itself against two standards: each check looks at the store and the settings now, and says what it saw."""
