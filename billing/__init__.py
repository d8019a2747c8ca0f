"""All the money: prices, holds, the ledger, rollups, and every lock on money."""
